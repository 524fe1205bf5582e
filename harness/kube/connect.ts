import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { InfraError } from '../errors/errors.ts';
import type { HostPort, KubeconfigSource } from '../model/host.ts';
import type { OwnProcess } from '../model/own-process.ts';
import type { Scope } from '../scope/scope.ts';
import type { SshConnection } from '../ssh/connection.ts';
import type { CredentialSource, Expiry, KubeAccess } from './access.ts';
import type { KubeClient } from './client.ts';
import { type Issue, keepFresh } from './credentials.ts';
import { DIRECT } from './direct.ts';
import { askPlugin } from './exec-plugin.ts';
import { tokenExpiry } from './expiry.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { kubeconfigCopy } from './kubeconfig-copy.ts';
import { isToken, type KubeconfigText } from './kubeconfig-reader.ts';
import { readLocalKubeconfigs, readLocalText } from './local-files.ts';
import { readOnNode } from './node-files.ts';
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

interface Opening {
  /** Folder of this run; made when absent. */
  readonly runDir: string;
  /** Named in every request, so that the server's audit trail tells runs apart. */
  readonly runId?: string;
  /** Runs the exec plugin of a kubeconfig that has one; without it such a kubeconfig is refused. */
  readonly own?: OwnProcess | undefined;
  /** Hears credentials that are issued or rotated later, before they are used: they have to be masked too. */
  readonly learn?: ((secret: string) => void) | undefined;
  /** Where the copy of the kubeconfig reaches the server: a port of this side's loopback. */
  readonly localPort?: number;
  /** Writes the copy, in place of `kubeconfig` in the run's folder, and tells where. */
  readonly putCopy?: (scope: Scope, text: string) => Promise<string>;
}

/**
 * Reads how to reach the cluster and asks nobody yet, so that whoever cares can look at what it holds first.
 * @throws InfraError when the kubeconfig is unfit.
 */
export async function readAccess(
  scope: Scope,
  ssh: SshConnection | undefined,
  { kubeconfig, context }: KubeconfigChoice,
): Promise<KubeAccess> {
  const sources =
    kubeconfig.kind === 'file'
      ? await readLocalKubeconfigs(kubeconfig.path)
      : await readNodeKubeconfig(scope, ssh, kubeconfig.paths);
  const access = await readKubeconfig(sources, context);
  if (ssh !== undefined && access.isLocalCopy === true)
    scope.log.info(`kubeconfig ${access.place}: the API is reached through the sevlane that wrote it`);
  return access;
}

/** Both steps in one. @throws InfraError when the kubeconfig is unfit or the server does not answer. */
export async function connectCluster(
  scope: Scope,
  ssh: SshConnection | undefined,
  { kubeconfig, context, ...opening }: KubeconfigChoice & Opening,
): Promise<Cluster> {
  const choice = { kubeconfig, ...(context === undefined ? {} : { context }) };
  return await openCluster(scope, ssh, { access: await readAccess(scope, ssh, choice), ...opening });
}

/**
 * Reaches the cluster's API through the SSH connection, or directly without one, with the server's certificate verified.
 * @throws InfraError when the server does not answer or cannot be trusted, or no credential is issued.
 */
export async function openCluster(
  scope: Scope,
  ssh: SshConnection | undefined,
  { access, ...opening }: Opening & { readonly access: KubeAccess },
): Promise<Cluster> {
  const { localPort, runDir, putCopy = writeCopyIn(runDir) } = opening;
  const copy = kubeconfigCopy(access, localPort === undefined ? {} : { localPort });
  const kubeconfigPath = await putCopy(scope, copy);
  const credentials = changingCredentials(scope, ssh, { access, ...opening });
  // The listener of another sevlane is on this side.
  const way = access.isLocalCopy === true ? DIRECT : (ssh ?? DIRECT);
  const client = openKubeClient(scope, way, access, { credentials, userAgent: userAgentOf(opening) });
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

/** e.g. `sevlane/1.0.0 (20260101120000-abcdef)`. */
function userAgentOf({ own, runId }: Opening): string {
  const program = own?.version === undefined ? 'sevlane' : `sevlane/${own.version}`;
  return runId === undefined ? program : `${program} (${runId})`;
}

async function readNodeKubeconfig(
  scope: Scope,
  ssh: SshConnection | undefined,
  paths: readonly string[],
): Promise<readonly KubeconfigText[]> {
  if (ssh === undefined) {
    throw new InfraError(
      `kubeconfig ${paths.join(', ')}: is to be read on the node, but there is no connection to it`,
      {
        hint: 'name the node with --ssh, or give a kubeconfig of this side: --kubeconfig FILE',
      },
    );
  }
  const { path, text } = await readOnNode(scope, ssh, paths);
  const read = async (name: string) => (await readOnNode(scope, ssh, [name])).text;
  return [{ text, place: `${path} on ${ssh.description}`, side: 'node', folder: posix.dirname(path), readFile: read }];
}

/** client-go reads a token file anew every minute. */
const TOKEN_FILE_MS = 60_000;

function changingCredentials(
  scope: Scope,
  ssh: SshConnection | undefined,
  { access, own, learn }: Opening & { readonly access: KubeAccess },
): CredentialSource | undefined {
  const issue = issueOf(access, ssh, own);
  return issue === undefined ? undefined : keepFresh(scope, issue, learn ?? (() => {}));
}

function issueOf(access: KubeAccess, ssh: SshConnection | undefined, own: OwnProcess | undefined): Issue | undefined {
  const { tokenFile, execPlugin } = access;
  if (tokenFile !== undefined) return (scope) => readTokenFile(scope, tokenFile, ssh);
  if (execPlugin === undefined) return undefined;
  if (own !== undefined) return (scope) => askPlugin(scope, execPlugin, { access, own });
  throw new InfraError(`kubeconfig ${access.place}: has an exec plugin, which cannot be run here`, {
    hint: 'use a kubeconfig with a client certificate or a token',
  });
}

async function readTokenFile(
  scope: Scope,
  { path, side }: NonNullable<KubeAccess['tokenFile']>,
  ssh: SshConnection | undefined,
) {
  const text =
    side === 'node' && ssh !== undefined ? (await readOnNode(scope, ssh, [path])).text : await readLocalText(path);
  const token = text.trim();
  if (!isToken(token)) throw new InfraError(`token file ${path}: holds no bare token any more`);
  const endsAt = tokenExpiry(token)[0]?.at.getTime() ?? Number.POSITIVE_INFINITY;
  return { credential: { token }, freshUntil: new Date(Math.min(Date.now() + TOKEN_FILE_MS, endsAt)) };
}

/** Every credential of the kubeconfig, to be masked. */
export function secretsOf({ token, basicAuth, clientCertificate, execPlugin }: KubeAccess): readonly string[] {
  const ofPlugin = Object.entries(execPlugin?.env ?? {}).flatMap(([name, value]) =>
    SECRET_NAME.test(name) ? [value] : [],
  );
  const all = [token, basicAuth?.password, clientCertificate?.key, ...ofPlugin];
  return all.filter((secret): secret is string => secret !== undefined && secret !== '');
}

/** Variables of an exec plugin whose value is no plain word. */
const SECRET_NAME = /key|token|secret|passw|credential/i;

function writeCopyIn(runDir: string): NonNullable<Opening['putCopy']> {
  return (scope, text) => writeCopy(scope, text, join(runDir, 'kubeconfig'));
}

async function writeCopy(scope: Scope, text: string, path: string): Promise<string> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  scope.defer('remove the kubeconfig copy', 1000, async () => {
    await rm(path, { force: true });
    // Somebody else's file in it is theirs to remove.
    if (made !== undefined) await rmdir(folder).catch(() => {});
  });
  // A file that is there already would keep its mode; and whoever reads one meanwhile must not see half of ours.
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  await writeFile(fresh, text, { mode: 0o600, flag: 'wx' });
  await rename(fresh, path);
  return path;
}

async function readVersion(client: KubeClient): Promise<string> {
  const text = await client.text('/version');
  const version = /"gitVersion"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  if (version === undefined)
    throw new InfraError(`${client.description}: gives no version; is it a Kubernetes API server?`);
  return version;
}
