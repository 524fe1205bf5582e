import { parseDocument } from 'yaml';
import { InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import type { Expiry, KubeAccess } from './access.ts';
import { certificateExpiries, tokenExpiry } from './expiry.ts';
import { type Fields, type KubeconfigText, Reader } from './kubeconfig-reader.ts';

/**
 * Reads how to reach the cluster of one context, the current one unless named.
 * @throws InfraError with every problem at once, each with its place and its fix. No secret is repeated in it.
 */
export async function readKubeconfig(source: KubeconfigText, context?: string): Promise<KubeAccess> {
  const reader = new Reader();
  const root = parseRoot(source, reader);
  const access = root && (await readAccess(root, { source, reader, context }));
  if (access === undefined || reader.problems.length > 0) throw allProblems(source.place, reader);
  return access;
}

interface Reading {
  readonly source: KubeconfigText;
  readonly reader: Reader;
  readonly context: string | undefined;
}

async function readAccess(root: Fields, { source, reader, context }: Reading): Promise<KubeAccess | undefined> {
  const wanted = context ?? root.text('current-context');
  if (wanted === undefined || wanted === '') {
    reader.problem('current-context', 'names no context', `name one of ${names(root, 'contexts')}`);
    return undefined;
  }
  const chosen = root.named('contexts', wanted, 'context');
  const cluster = chosen && root.named('clusters', chosen.text('cluster') ?? '', 'cluster');
  const user = chosen && root.named('users', chosen.text('user') ?? '', 'user');
  const reached = cluster && (await readCluster(cluster, source));
  const credentials = user && (await readUser(user, source));
  if (!chosen || !reached || !credentials) return undefined;
  const namespace = chosen.text('namespace');
  const expiries: Expiry[] = [...reached.expiries, ...credentials.expiries];
  return {
    place: source.place,
    context: wanted,
    ...reached,
    ...credentials,
    expiries,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

type ClusterPart = Pick<KubeAccess, 'server' | 'basePath' | 'serverName' | 'ca' | 'expiries'>;

async function readCluster(cluster: Fields, source: KubeconfigText): Promise<ClusterPart | undefined> {
  const address = readServer(cluster);
  if (cluster.flag('insecure-skip-tls-verify')) {
    cluster.problem(
      'insecure-skip-tls-verify',
      'would trust any server',
      'give the CA instead: certificate-authority-data',
    );
  }
  const ca = await cluster.fileOrInline('certificate-authority', source);
  const expiries = ca === undefined ? [] : certificateExpiries(ca, 'cluster CA');
  if (ca !== undefined && expiries.length === 0) {
    cluster.problem('certificate-authority', 'holds no certificate that can be read', 'give the CA in PEM form');
  }
  if (address === undefined) return undefined;
  const serverName = cluster.text('tls-server-name') ?? address.server.host;
  return { ...address, serverName, expiries, ...(ca === undefined ? {} : { ca }) };
}

function readServer(cluster: Fields): { readonly server: HostPort; readonly basePath: string } | undefined {
  const text = cluster.text('server');
  const fix = 'give it as https://HOST:PORT';
  if (text === undefined) {
    cluster.problem('server', 'is missing', fix);
    return undefined;
  }
  if (!URL.canParse(text)) {
    cluster.problem('server', `is no URL: ${text}`, fix);
    return undefined;
  }
  const url = new URL(text);
  if (url.protocol !== 'https:') {
    cluster.problem('server', `is not reached over TLS: ${url.protocol}//${url.host}`, fix);
    return undefined;
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { server: { host, port: Number(url.port || 443) }, basePath: url.pathname.replace(/\/+$/, '') };
}

type UserPart = Pick<KubeAccess, 'clientCertificate' | 'token' | 'basicAuth' | 'impersonate' | 'expiries'>;

async function readUser(user: Fields, source: KubeconfigText): Promise<UserPart> {
  for (const plugin of ['exec', 'auth-provider']) {
    if (user.has(plugin)) {
      user.problem(
        plugin,
        'asks a program for credentials, which sevlane does not run yet',
        'use a kubeconfig with a client certificate or token, e.g. /etc/kubernetes/admin.conf of the node, or kubectl create token',
      );
    }
  }
  const cert = await user.fileOrInline('client-certificate', source);
  const key = await user.fileOrInline('client-key', source);
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'client-certificate' : 'client-key';
    if (!user.has(missing) && !user.has(`${missing}-data`))
      user.problem(missing, 'is missing beside its other half', 'give both');
  }
  const expiries = cert === undefined ? [] : certificateExpiries(cert, 'client certificate').slice(0, 1);
  if (cert !== undefined && expiries.length === 0) {
    user.problem('client-certificate', 'holds no certificate that can be read', 'give the certificate in PEM form');
  }
  const token = await user.tokenText(source);
  const [username, password] = [user.text('username'), user.text('password')];
  const as = user.text('as');
  return {
    ...(cert !== undefined && key !== undefined ? { clientCertificate: { cert, key } } : {}),
    ...(token === undefined ? {} : { token }),
    ...(username !== undefined && password !== undefined ? { basicAuth: { username, password } } : {}),
    ...(as === undefined ? {} : { impersonate: { user: as, groups: user.texts('as-groups') } }),
    expiries: [...expiries, ...(token === undefined ? [] : tokenExpiry(token))],
  };
}

function parseRoot({ text }: KubeconfigText, reader: Reader): Fields | undefined {
  const document = parseDocument(text, { prettyErrors: true });
  const error = document.errors[0];
  if (error) {
    const line = error.linePos?.[0].line;
    const fault = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code;
    reader.problem(
      line === undefined ? 'file' : `line ${line}`,
      `is not YAML: ${fault}`,
      'give a whole, untruncated kubeconfig',
    );
    return undefined;
  }
  const root = reader.fields('', document.toJS());
  if (root === undefined) {
    reader.problem(
      'file',
      text.trim() === '' ? 'is empty' : 'is not a kubeconfig',
      'give a kubeconfig, e.g. /etc/kubernetes/admin.conf',
    );
    return undefined;
  }
  const kind = root.text('kind');
  if (kind !== undefined && kind !== 'Config') reader.problem('kind', `is ${kind}, not Config`, 'give a kubeconfig');
  return root;
}

function names(root: Fields, list: string): string {
  return (
    root
      .entries(list)
      .map((entry) => `"${entry.text('name') ?? ''}"`)
      .join(', ') || 'its contexts (there is none)'
  );
}

function allProblems(place: string, { problems }: Reader): InfraError {
  const told = problems.map(({ place: field, problem }) => `${field} ${problem}`).join('; ');
  const fixes = [...new Set(problems.map(({ fix }) => fix))].join('; ');
  return new InfraError(`kubeconfig ${place}: ${told}`, { hint: fixes });
}
