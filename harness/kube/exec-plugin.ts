import { runProgram } from '../command/run.ts';
import { tailOf } from '../command/tail.ts';
import { InfraError } from '../errors/errors.ts';
import type { OwnProcess } from '../model/own-process.ts';
import { tellLongWait } from '../scope/long-wait.ts';
import type { Scope } from '../scope/scope.ts';
import { type Credential, type ExecPlugin, type KubeAccess, serverUrl } from './access.ts';
import type { Issued } from './credentials.ts';
import { certificateExpiries } from './expiry.ts';
import { isToken } from './kubeconfig-reader.ts';

const PLUGIN_WITHIN_MS = 60_000;
/** Asked for anew this long before its end, so that no request arrives with one that has just ended. */
const AHEAD_MS = 10_000;

/**
 * Runs the exec plugin of a kubeconfig once, without a terminal, and reads the credential that it prints.
 * Source: client.authentication.k8s.io/v1, as client-go speaks it.
 * @throws InfraError naming program and kubeconfig; what the program printed to its standard output is never in it.
 */
export async function askPlugin(
  scope: Scope,
  plugin: ExecPlugin,
  { access, own }: { readonly access: KubeAccess; readonly own: OwnProcess },
): Promise<Issued> {
  const what = `exec plugin ${plugin.command} of ${access.place}`;
  const hint = plugin.installHint ?? 'run it by hand, log in with it if it wants that, or use kubectl create token';
  using _wait = tellLongWait(scope, { goal: what, saw: () => 'it has not answered', withinMs: PLUGIN_WITHIN_MS });
  const { code, stdout, stderr } = await runProgram(
    { file: plugin.command, args: plugin.args },
    {
      own,
      what,
      environment: environmentOf(plugin, access, own),
      signal: scope.signal,
      withinMs: PLUGIN_WITHIN_MS,
      isSecret: true,
    },
  ).catch((error: unknown) => {
    if (!(error instanceof InfraError) || scope.signal.aborted) throw error;
    throw new InfraError(error.message, { cause: error, hint });
  });
  if (code !== 0) {
    const said = tailOf(stderr);
    const words = said === '' ? 'and said nothing' : `and said: ${said}`;
    throw new InfraError(`${what}: ended with exit status ${code} ${words}`, { hint });
  }
  const issued = readAnswer(stdout, plugin);
  if ('problem' in issued) throw new InfraError(`${what}: its answer ${issued.problem}`, { hint });
  return issued;
}

function environmentOf(plugin: ExecPlugin, access: KubeAccess, own: OwnProcess): Readonly<Record<string, string>> {
  // As under kubectl it has the user's environment; our own settings may hold secrets that are none of its business.
  const inherited = Object.entries(own.environment).filter(([name]) => !name.startsWith('SEVLANE_'));
  return {
    ...Object.fromEntries(inherited),
    ...plugin.env,
    KUBERNETES_EXEC_INFO: JSON.stringify({
      apiVersion: plugin.apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster: clusterOf(plugin, access) } : {}) },
    }),
  };
}

function clusterOf({ clusterConfig }: ExecPlugin, access: KubeAccess): object {
  const { serverName, server, ca } = access;
  return {
    server: serverUrl(access),
    ...(serverName === server.host ? {} : { 'tls-server-name': serverName }),
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(clusterConfig === undefined ? {} : { config: clusterConfig }),
  };
}

function readAnswer(stdout: string, { apiVersion }: ExecPlugin): Issued | { readonly problem: string } {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return { problem: stdout.trim() === '' ? 'is empty' : 'is not JSON' };
  }
  if (!isRecord(answer) || answer.kind !== 'ExecCredential') return { problem: 'is no ExecCredential' };
  if (answer.apiVersion !== apiVersion) return { problem: `is not in ${apiVersion}, as the kubeconfig says` };
  const { status } = answer;
  if (!isRecord(status)) return { problem: 'has no status' };
  const credential = credentialOf(status);
  if ('problem' in credential) return credential;
  const until = status.expirationTimestamp;
  if (until === undefined || until === null) return { credential, ...ofCertificate(credential) };
  const expiresAt = new Date(typeof until === 'string' ? until : Number.NaN);
  if (Number.isNaN(expiresAt.getTime())) return { problem: 'has an expirationTimestamp that is no time' };
  return { credential, freshUntil: new Date(expiresAt.getTime() - AHEAD_MS) };
}

function credentialOf(status: Readonly<Record<string, unknown>>): Credential | { readonly problem: string } {
  const { token, clientCertificateData: cert, clientKeyData: key } = status;
  if (token !== undefined && (typeof token !== 'string' || !isToken(token))) return { problem: 'has no bare token' };
  if ((cert === undefined) !== (key === undefined)) return { problem: 'has a certificate or a key, but not both' };
  if (cert === undefined) return token === undefined ? { problem: 'has neither token nor certificate' } : { token };
  if (typeof cert !== 'string' || typeof key !== 'string' || certificateExpiries(cert, '').length === 0)
    return { problem: 'has a certificate that cannot be read' };
  return { ...(token === undefined ? {} : { token }), clientCertificate: { cert, key } };
}

/** A certificate says itself when it ends. */
function ofCertificate({ clientCertificate }: Credential): Pick<Issued, 'freshUntil'> {
  const end = clientCertificate && certificateExpiries(clientCertificate.cert, '')[0]?.at;
  return end === undefined ? {} : { freshUntil: new Date(end.getTime() - AHEAD_MS) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
