import { InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import type { Expiry, KubeAccess } from './access.ts';
import { certificateExpiries } from './expiry.ts';
import { COPY_EXTENSION, EXEC_EXTENSION } from './kubeconfig-copy.ts';
import { Kubeconfigs } from './kubeconfig-files.ts';
import type { Fields, KubeconfigText } from './kubeconfig-reader.ts';
import { readUser } from './kubeconfig-user.ts';

/**
 * Reads how to reach the cluster of one context, the current one unless named; several files are merged as kubectl does.
 * @throws InfraError with every problem at once, each with its place and its fix. No secret is repeated in it.
 */
export async function readKubeconfig(
  sources: KubeconfigText | readonly KubeconfigText[],
  context?: string,
): Promise<KubeAccess> {
  const files = [sources].flat();
  const place = files.map((source) => source.place).join(', ');
  const merged = new Kubeconfigs(files);
  const access = merged.isReadable ? await readAccess(merged, place, context) : undefined;
  if (access === undefined || merged.reader.problems.length > 0) throw allProblems(place, merged);
  return access;
}

async function readAccess(
  merged: Kubeconfigs,
  place: string,
  context: string | undefined,
): Promise<KubeAccess | undefined> {
  const wanted = context ?? merged.text('current-context');
  if (wanted === undefined || wanted === '') {
    const isCutOff = merged.names('contexts') === 'none';
    if (isCutOff) merged.reader.problem('contexts', 'is missing: the file looks cut off', 'give a whole kubeconfig');
    else merged.reader.problem('current-context', 'names no context', `name one of ${merged.names('contexts')}`);
    return undefined;
  }
  const chosen = merged.named('contexts', wanted, 'context');
  const cluster = chosen && merged.named('clusters', chosen.text('cluster') ?? '', 'cluster');
  const user = chosen && merged.named('users', chosen.text('user') ?? '', 'user');
  const reached = cluster && (await readCluster(cluster));
  const credentials = user && (await readUser(user, cluster && execExtension(cluster)));
  if (!chosen || !reached || !credentials) return undefined;
  const namespace = chosen.text('namespace');
  const expiries: Expiry[] = [...reached.expiries, ...credentials.expiries];
  return {
    place,
    context: wanted,
    ...reached,
    ...credentials,
    expiries,
    ...(namespace === undefined ? {} : { namespace }),
    ...(merged.hasExtension(COPY_EXTENSION) ? { isLocalCopy: true as const } : {}),
  };
}

type ClusterPart = Pick<KubeAccess, 'server' | 'basePath' | 'serverName' | 'ca' | 'expiries'>;

async function readCluster(cluster: Fields): Promise<ClusterPart | undefined> {
  const address = readServer(cluster);
  if (cluster.flag('insecure-skip-tls-verify')) {
    cluster.problem(
      'insecure-skip-tls-verify',
      'would trust any server',
      'give the CA instead: certificate-authority-data',
    );
  }
  if (cluster.has('proxy-url')) {
    cluster.problem(
      'proxy-url',
      'is not followed: sevlane reaches the server through the node, or directly without --ssh',
      'take proxy-url out of a copy of the kubeconfig and give that one',
    );
  }
  const ca = await cluster.fileOrInline('certificate-authority');
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
    cluster.problem('server', 'is no URL', fix);
    return undefined;
  }
  const url = new URL(text);
  if (url.protocol !== 'https:') {
    cluster.problem('server', `is not reached over TLS: ${url.protocol}//${url.host}`, fix);
    return undefined;
  }
  if (url.username !== '' || url.password !== '') {
    cluster.problem(
      'server',
      'holds a user name or password',
      'put it into the user, and give it as https://HOST:PORT',
    );
    return undefined;
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // What listens on every address of the node is reached there by its loopback address.
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return { server: { host: reached, port: Number(url.port || 443) }, basePath: url.pathname.replace(/\/+$/, '') };
}

/** What the cluster has for a plugin alone. */
function execExtension(cluster: Fields): unknown {
  const found = cluster.entries('extensions').find((entry) => entry.value('name') === EXEC_EXTENSION);
  return found?.value('extension');
}

function allProblems(place: string, { reader: { problems } }: Kubeconfigs): InfraError {
  const told = [...new Set(problems.map(({ place: field, problem }) => `${field} ${problem}`))].join('; ');
  const fixes = [...new Set(problems.map(({ fix }) => fix))].join('; ');
  return new InfraError(`kubeconfig ${place}: ${told === '' ? 'holds nothing' : told}`, {
    hint: fixes === '' ? 'give a kubeconfig, e.g. /etc/kubernetes/admin.conf' : fixes,
  });
}
