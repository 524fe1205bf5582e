import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix, resolve } from 'node:path';
import { InfraError } from '../errors/errors.ts';
import type { HostPort, KubeconfigSource } from '../model/host.ts';
import type { Scope } from '../scope/scope.ts';
import type { SshConnection } from '../ssh/connection.ts';
import type { Expiry, KubeAccess } from './access.ts';
import type { KubeClient } from './client.ts';
import { readKubeconfig } from './kubeconfig.ts';
import type { KubeconfigText } from './kubeconfig-reader.ts';
import { openKubeClient } from './open-client.ts';

/** A cluster whose API answers. */
export interface Cluster {
  readonly client: KubeClient;
  /** e.g. `v1.32.3`. */
  readonly serverVersion: string;
  /** A copy with every credential inside, mode 0600, removed when the scope closes. */
  readonly kubeconfigPath: string;
  readonly expiries: readonly Expiry[];
  /** Every credential in use, to be masked wherever it shows up. */
  readonly secrets: readonly string[];
  /** The API server as the node sees it. */
  readonly address: HostPort;
}

interface KubeconfigChoice {
  readonly kubeconfig: KubeconfigSource;
  /** The kubeconfig's context; default its current one. */
  readonly context?: string;
}

interface ClusterOptions extends KubeconfigChoice {
  /** Folder of this run; made when absent. */
  readonly runDir: string;
}

/**
 * Reads how to reach the cluster and asks nobody yet, so that whoever cares can look at what it holds first.
 * @throws InfraError when the kubeconfig is unfit.
 */
export async function readAccess(scope: Scope, ssh: SshConnection, choice: KubeconfigChoice): Promise<KubeAccess> {
  return await readKubeconfig(await readSource(scope, ssh, choice.kubeconfig), choice.context);
}

/** Both steps in one. @throws InfraError when the kubeconfig is unfit or the server does not answer. */
export async function connectCluster(scope: Scope, ssh: SshConnection, options: ClusterOptions): Promise<Cluster> {
  return await openCluster(scope, ssh, { access: await readAccess(scope, ssh, options), runDir: options.runDir });
}

/**
 * Reaches the cluster's API through the SSH connection, with the server's certificate verified.
 * @throws InfraError when the server does not answer or cannot be trusted.
 */
export async function openCluster(
  scope: Scope,
  ssh: SshConnection,
  { access, runDir }: { readonly access: KubeAccess; readonly runDir: string },
): Promise<Cluster> {
  const { kubeconfigCopy } = await import('./client-node.ts');
  const kubeconfigPath = await writeCopy(scope, kubeconfigCopy(access), runDir);
  const client = openKubeClient(scope, ssh, access);
  const serverVersion = await readVersion(client);
  scope.log.detail(`kubernetes ${serverVersion} at ${client.description}`);
  return {
    client,
    serverVersion,
    kubeconfigPath,
    expiries: access.expiries,
    secrets: secretsOf(access),
    address: access.server,
  };
}

async function readSource(scope: Scope, ssh: SshConnection, source: KubeconfigSource): Promise<KubeconfigText> {
  if (source.kind === 'file') {
    const read = (path: string) => readFile(isAbsolute(path) ? path : resolve(dirname(source.path), path), 'utf8');
    try {
      return { text: await readFile(source.path, 'utf8'), place: source.path, readFile: read };
    } catch (cause) {
      throw new InfraError(`kubeconfig ${source.path}: cannot be read`, {
        cause,
        hint: 'check --kubeconfig and the file mode',
      });
    }
  }
  const path = source.paths[0] ?? '';
  const place = `${path} on ${ssh.description}`;
  const read = async (name: string) => {
    const absolute = posix.isAbsolute(name) ? name : posix.join(posix.dirname(path), name);
    const { code, stdout, stderr } = await ssh.exec(`cat ${quoted(absolute)}`, { signal: scope.signal });
    if (code === 0) return stdout;
    throw new InfraError(`kubeconfig ${place}: cannot read ${absolute}: ${stderr.trim() || `exit status ${code}`}`, {
      hint: 'log in as a user who may read it, or give a local one: --kubeconfig FILE',
    });
  };
  return { text: await read(path), place, readFile: read };
}

/** Every credential of the kubeconfig, to be masked. */
export function secretsOf({ token, basicAuth, clientCertificate }: KubeAccess): readonly string[] {
  return [token, basicAuth?.password, clientCertificate?.key].filter((secret) => secret !== undefined);
}

async function writeCopy(scope: Scope, text: string, runDir: string): Promise<string> {
  const path = join(runDir, 'kubeconfig');
  const made = await mkdir(runDir, { recursive: true, mode: 0o700 });
  scope.defer('remove the kubeconfig copy', 1000, async () => {
    await rm(path, { force: true });
    // Somebody else's file in it is theirs to remove.
    if (made !== undefined) await rmdir(runDir).catch(() => {});
  });
  // A file that is there already keeps its mode: it has to go first.
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  return path;
}

async function readVersion(client: KubeClient): Promise<string> {
  const text = await client.text('/version');
  const version = /"gitVersion"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  if (version === undefined)
    throw new InfraError(`${client.description}: gives no version; is it a Kubernetes API server?`);
  return version;
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
