import { openWatcher } from '../command/watcher.ts';
import type { RunConfig } from '../config/run-config.ts';
import { type ClusterWay, lookAtCluster, type Subject } from '../doctor/looks.ts';
import { refuseFatal } from '../doctor/refuse.ts';
import { InfraError } from '../errors/errors.ts';
import type { Redactor } from '../evidence/redact.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Cluster } from '../kube/connect.ts';
import { acquireLease } from '../kube/lease/acquire.ts';
import { raiseServerFence } from '../kube/lease/server-fence.ts';
import { sweepOtherRuns } from '../kube/sweep.ts';
import type { GroundWish } from '../kubevirt/ground.ts';
import { fencingText } from '../model/fencing.ts';
import type { Host } from '../model/host.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { PhaseStep } from '../scope/phase.ts';
import type { Scope } from '../scope/scope.ts';
import type { LocalPrograms } from '../ssh/openssh/master.ts';
import type { RunInput } from './input.ts';

/** What is started or written for this run goes with it, also when it is killed. */
export async function watched(scope: Scope, { surroundings, runDir }: RunInput): Promise<LocalPrograms | undefined> {
  const own = surroundings?.own;
  return own && { own, watcher: await openWatcher(scope, { own, folder: runDir }) };
}

/** The guest's password, to be masked wherever it is said. */
export function learnGuest(redactor: Redactor, { guest: { user, password } }: RunConfig): void {
  // A password that is the user's own name is a test image's public default: masking the word would hide the evidence.
  if (password !== user) redactor.learn(password);
}

/** Only the API is reachable: what would be read of the host itself is told as not read. */
export function skipHost(scope: Scope): void {
  const reason = 'no --ssh is given: the API is reached directly, and nothing is read of the host itself';
  for (const name of ['connect', 'probe'] as const)
    scope.emit({ type: 'phase-ended', result: { name, outcome: 'skipped', ms: 0, reason } });
}

type TimedPhase = 'connect' | 'probe' | 'cluster' | 'lease' | 'kubevirt' | 'suites';

/** A phase with the flag that gives it more time. */
export function step(name: TimedPhase, budgetMs: number): PhaseStep {
  const flag = name === 'lease' ? '--lease-wait' : `--${name}-timeout`;
  return { name, budgetMs, hint: `see what it waited for; raise ${flag} if the time was needed` };
}

/** The cluster, looked at from all sides before anything in it is changed. */
export async function reachCluster(scope: Scope, subject: Subject, way: ClusterWay): Promise<Cluster> {
  const { checks, cluster } = await lookAtCluster(scope, subject, way);
  refuseFatal(checks);
  if (cluster === undefined) throw new InfraError('the Kubernetes API was not reached', { hint: 'see sevlane doctor' });
  return cluster;
}

/** From here on the cluster is ours alone, and nothing of an earlier run is left on it. */
export async function takeTurn(scope: Scope, client: KubeClient, { config, runId, holder }: RunInput): Promise<void> {
  const { priority = holder.priority, ...lease } = config.lease;
  const purpose = purposeOf(config);
  await acquireLease(scope, client, { ...lease, priority, holder: holder.identity, runId, link: holder.link, purpose });
  const fencing = await raiseServerFence(scope, client, runId);
  scope.emit({ type: 'subject', subject: { fencing } });
  scope.log.detail(fencingText(fencing));
  await sweepOtherRuns(scope, client, { runId });
}

/** For whoever waits: what is tested. */
function purposeOf({ kubevirt: { choice }, tests: { require } }: RunConfig): string {
  const kubevirt = choice.kind === 'version' ? choice.version : choice.kind;
  return `${(require ?? ['what the host can']).join(', ')} on KubeVirt ${kubevirt}`;
}

interface Known {
  readonly host: Host;
  readonly facts: HostFacts | undefined;
  readonly patches: GroundWish['patches'];
}

/** What the settings, the host and the user's patches make of the wish for a KubeVirt. */
export function groundOf({ config, runId, surroundings }: RunInput, { host, facts, patches }: Known): GroundWish {
  const { choice, upgradeFrom, mirror, cache, imageRegistry, imageTag, imagePullPolicy } = config.kubevirt;
  return {
    source: choice.kind === 'existing' ? undefined : choice,
    upgradeFrom,
    mirror: mirror ?? host.manifestMirror,
    cache,
    environment: surroundings?.own?.environment ?? {},
    images: { imageRegistry, imageTag, imagePullPolicy },
    patches,
    labels: { 'sevlane/run': runId },
    budgetMs: config.budgets.kubevirtMs,
    node: { name: host.node, hostname: facts?.hostname },
  };
}
