import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ClientCertificate, ExecPlugin, Impersonation, KubeAccess } from './access.ts';
import { certificateExpiries, tokenExpiry } from './expiry.ts';
import type { Fields } from './kubeconfig-reader.ts';

type UserPart = Pick<
  KubeAccess,
  'clientCertificate' | 'token' | 'tokenFile' | 'execPlugin' | 'basicAuth' | 'impersonate' | 'expiries'
>;

/** Who asks: the user of a kubeconfig. `clusterConfig` is what the cluster has for its exec plugin. */
export async function readUser(user: Fields, clusterConfig?: unknown): Promise<UserPart> {
  if (user.has('auth-provider')) {
    const name = user.inner('auth-provider')?.text('name');
    user.problem(
      'auth-provider',
      `${name === undefined ? '' : `"${name}" `}is no longer known to Kubernetes since 1.26`,
      'use its exec plugin, a client certificate or a token: kubectl create token',
    );
  }
  const pair = await readPair(user);
  const expiries = pair === undefined ? [] : certificateExpiries(pair.cert, 'client certificate').slice(0, 1);
  const { token, tokenFile } = await readToken(user);
  const [username, password] = [user.text('username'), user.text('password')];
  const impersonate = readImpersonation(user);
  // A token that stands there is shown, and the plugin not asked: so does kubectl.
  const execPlugin = user.has('exec') && token === undefined ? readPlugin(user, clusterConfig) : undefined;
  return {
    ...(pair === undefined ? {} : { clientCertificate: pair }),
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(execPlugin === undefined ? {} : { execPlugin }),
    ...(username !== undefined && password !== undefined ? { basicAuth: { username, password } } : {}),
    ...(impersonate === undefined ? {} : { impersonate }),
    expiries: [...expiries, ...(token === undefined ? [] : tokenExpiry(token))],
  };
}

async function readPair(user: Fields): Promise<ClientCertificate | undefined> {
  const cert = await user.fileOrInline('client-certificate');
  const key = await user.fileOrInline('client-key');
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'client-certificate' : 'client-key';
    if (!user.has(missing) && !user.has(`${missing}-data`))
      user.problem(missing, 'is missing beside its other half', 'give both');
  }
  if (cert !== undefined && certificateExpiries(cert, '').length === 0) {
    user.problem('client-certificate', 'holds no certificate that can be read', 'give the certificate in PEM form');
    return undefined;
  }
  if (cert === undefined || key === undefined) return undefined;
  const mismatch = pairProblem(cert, key);
  if (mismatch !== undefined)
    user.problem('client-key', mismatch, 'give the certificate and the key that were made together');
  return { cert, key };
}

function pairProblem(cert: string, key: string): string | undefined {
  try {
    const privateKey = createPrivateKey(key);
    return new X509Certificate(cert).checkPrivateKey(privateKey)
      ? undefined
      : 'belongs to another certificate than client-certificate';
  } catch {
    return 'holds no unencrypted private key that can be read';
  }
}

/** `tokenFile` wins over `token`, as in kubectl. */
async function readToken(user: Fields): Promise<Pick<KubeAccess, 'token' | 'tokenFile'>> {
  const path = user.text('tokenFile');
  if (path !== undefined) {
    const token = await user.tokenInFile('tokenFile', path);
    return token === undefined ? {} : { token, tokenFile: { path: user.located(path), side: user.source.side } };
  }
  const text = user.text('token');
  const token = text === undefined ? undefined : user.checkedToken('token', text);
  return token === undefined ? {} : { token };
}

function readImpersonation(user: Fields): Impersonation | undefined {
  const as = user.text('as');
  if (as === undefined) return undefined;
  const uid = user.text('as-uid');
  const extra = user.inner('as-user-extra');
  const keys = Object.keys((user.value('as-user-extra') as object | null | undefined) ?? {});
  return {
    user: as,
    groups: user.texts('as-groups'),
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra: Object.fromEntries(keys.map((key) => [key, extra.texts(key)])) }),
  };
}

const API = 'client.authentication.k8s.io/';
const MODES = ['Never', 'IfAvailable', 'Always'] as const;

function readPlugin(user: Fields, clusterConfig: unknown): ExecPlugin | undefined {
  const exec = user.inner('exec');
  if (exec === undefined) return undefined;
  if (user.source.side === 'node') {
    user.problem(
      'exec',
      `would run ${exec.text('command') ?? 'a program'} here, on the word of a file of the node`,
      'give a local kubeconfig with --kubeconfig, or let the node have one with a certificate',
    );
    return undefined;
  }
  const version = exec.text('apiVersion');
  const apiVersion = version === `${API}v1` || version === `${API}v1beta1` ? version : undefined;
  if (apiVersion === undefined) {
    const fix = `use ${API}v1: a newer release of the plugin writes it`;
    exec.problem(
      'apiVersion',
      version === undefined ? 'is missing' : `is ${version}, which nobody speaks any more`,
      fix,
    );
  }
  const command = exec.text('command');
  if (command === undefined) exec.problem('command', 'is missing', 'name the program that issues credentials');
  const interactiveMode = readMode(exec, apiVersion);
  if (apiVersion === undefined || command === undefined || interactiveMode === undefined) return undefined;
  const installHint = exec.text('installHint');
  return {
    apiVersion,
    command: /[/\\]/.test(command) ? exec.located(command) : command,
    args: exec.texts('args'),
    env: Object.fromEntries(exec.entries('env').map((entry) => [entry.text('name') ?? '', entry.text('value') ?? ''])),
    interactiveMode,
    provideClusterInfo: exec.flag('provideClusterInfo'),
    ...(installHint === undefined ? {} : { installHint }),
    ...(clusterConfig === undefined ? {} : { clusterConfig }),
  };
}

/** Required in v1; v1beta1 means IfAvailable without it. */
function readMode(exec: Fields, apiVersion: string | undefined): ExecPlugin['interactiveMode'] | undefined {
  const text = exec.text('interactiveMode') ?? (apiVersion === `${API}v1beta1` ? 'IfAvailable' : undefined);
  const mode = MODES.find((each) => each === text);
  if (mode === undefined && apiVersion !== undefined) {
    exec.problem('interactiveMode', text === undefined ? 'is missing' : `is ${text}`, `use one of ${MODES.join(', ')}`);
  }
  if (mode !== 'Always') return mode;
  exec.problem(
    'interactiveMode',
    'is Always: the plugin would ask at the terminal in the middle of a run',
    'log in with it beforehand and set interactiveMode to IfAvailable, or use kubectl create token',
  );
  return undefined;
}
