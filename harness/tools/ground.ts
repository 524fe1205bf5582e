import { openWatcher, type Watcher } from '../command/watcher.ts';
import { InfraError } from '../errors/errors.ts';
import type { KubeAccess } from '../kube/access.ts';
import { type Cluster, openCluster, readAccess, secretsOf } from '../kube/connect.ts';
import { refuseExpired } from '../kube/expiry.ts';
import type { Host, HostPort } from '../model/host.ts';
import { deadline } from '../scope/deadline.ts';
import { openScope, type Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import { Whereabouts } from '../scope/whereabouts.ts';
import { connectSsh } from '../ssh/client.ts';
import type { SshConnection } from '../ssh/connection.ts';
import type { ToolInput } from './command.ts';
import { clearPlace, putCopy } from './copy-place.ts';
import { forwardLocally } from './forward.ts';

/** What every tool stands on: a node, its cluster, and the way to it for programs on this side. */
export interface ToolGround {
  readonly host: Host;
  /** Absent when the API is reached directly. */
  readonly ssh?: SshConnection;
  readonly cluster: Cluster;
  /** For kubectl, virtctl and the like: everything inside, mode 0600, gone when the scope closes. */
  readonly kubeconfigPath: string;
  /** Where they reach the API server: a listener of ours that outlives reconnects, or the server itself. */
  readonly server: HostPort;
  /** Looks after children and files, also when sevlane is killed. */
  readonly watcher: Watcher;
}

/** What a tool wants otherwise than usual. */
export interface GroundWishes {
  /** Where the kubeconfig is written, in place of the run's folder; what stands there must be of a dead sevlane. */
  readonly kubeconfigPath?: string;
}

/** A person may have to look up a passphrase. */
const OPEN_MS = 300_000;

/**
 * Opens the ground, does the work on it and takes everything back, also when the work fails or is interrupted.
 * @returns the work's exit code, or 3 in place of 0 when something could not be undone.
 * @throws UsageError before anything is opened when the kubeconfig has no place; whatever ended the work.
 */
export async function withGround(
  input: ToolInput,
  wishes: GroundWishes,
  work: (scope: Scope, ground: ToolGround) => Promise<number>,
): Promise<number> {
  if (wishes.kubeconfigPath !== undefined) await clearPlace(wishes.kubeconfigPath, input.own);
  const scope = openScope(input.sink, input.stop);
  const outcome = await attempt(async () => await work(scope, await openGround(scope, input, wishes)));
  const ended = scope.signal.aborted ? scope.signal.reason : undefined;
  const findings = await scope.close(input.budgets.undoMs);
  for (const finding of findings) scope.emit({ type: 'trouble', finding });
  if ('error' in outcome) throw ended ?? outcome.error;
  return outcome.code === 0 && findings.length > 0 ? 3 : outcome.code;
}

async function attempt(work: () => Promise<number>): Promise<{ readonly code: number } | { readonly error: unknown }> {
  try {
    return { code: await work() };
  } catch (error) {
    return { error };
  }
}

/** Provider, SSH, kubeconfig, listener, cluster: each undone by the scope. @throws InfraError when one fails. */
export async function openGround(scope: Scope, input: ToolInput, wishes: GroundWishes = {}): Promise<ToolGround> {
  const { budgets, runDir, own } = input;
  const { ask } = input.surroundings;
  const watcher = await openWatcher(scope, { own, folder: runDir });
  const provider = input.provider();
  const openMs = OPEN_MS + (provider.waitMs ?? 0);
  const host = await bounded(scope, 'open', openMs, (step) => provider.acquire(step, input.surroundings));
  const { ssh: target } = host;
  const programs = { own, watcher };
  const options = { budgetMs: budgets.connectionMs, programs, ...(ask === undefined ? {} : { ask }) };
  const ssh =
    target && (await bounded(scope, 'connect', budgets.connectMs, (step) => connectSsh(step, target, options)));
  return await bounded(scope, 'cluster', budgets.clusterMs, async (step) => {
    const { kubeconfig, context } = host;
    const access = await readAccess(step, ssh, { kubeconfig, ...(context === undefined ? {} : { context }) });
    for (const secret of secretsOf(access)) input.learn(secret);
    refuseExpired(access, new Date());
    // A copy of another sevlane's leads to a listener of that one: nothing is gained by one before it.
    const near = access.isLocalCopy === true ? undefined : ssh;
    const server = near === undefined ? access.server : await listenForApi(step, near, access);
    const { kubeconfigPath: path } = wishes;
    const cluster = await openCluster(step, ssh, {
      access,
      runDir,
      runId: input.runId,
      own,
      learn: input.learn,
      ...(path === undefined
        ? {}
        : { putCopy: (within: Scope, text: string) => putCopy(within, { path, text, own, watcher }) }),
      ...(near === undefined ? {} : { localPort: server.port }),
    });
    const { kubeconfigPath } = cluster;
    return { host, cluster, kubeconfigPath, server, watcher, ...(ssh === undefined ? {} : { ssh }) };
  });
}

async function listenForApi(scope: Scope, ssh: SshConnection, access: KubeAccess): Promise<HostPort> {
  const from = { host: '127.0.0.1', port: 0 };
  return await forwardLocally(scope, ssh, { from, to: access.server, name: 'the api server' });
}

/** A step in its time. What it opens belongs to the scope. */
async function bounded<T>(scope: Scope, name: string, budgetMs: number, work: (step: Scope) => Promise<T>): Promise<T> {
  const whereabouts = new Whereabouts();
  const late = () =>
    new InfraError(`${name}: not done within ${Math.round(budgetMs / 1000)} s${whereabouts.words}`, {
      hint: name === 'open' ? 'look at what the provider waits for' : `raise --${name}-timeout if the time was needed`,
    });
  using bound = deadline(budgetMs, scope.signal, late);
  return await settle(work(scope.narrowed(bound.signal, whereabouts.hear)), bound.signal);
}
