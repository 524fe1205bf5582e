import { InfraError } from '../../errors/errors.ts';
import type { Fencing } from '../../model/fencing.ts';
import type { Scope } from '../../scope/scope.ts';
import { type Look, until } from '../../scope/until.ts';
import type { KubeClient } from '../client.ts';
import { discover } from '../discovery.ts';
import { isRefusal, KubeError } from '../errors.ts';
import { EPOCH_ANNOTATION, LEASE_ANNOTATION } from '../fence.ts';
import { type KubeObject, resourcePath } from '../objects.ts';
import { RUN_LABEL } from '../sweep.ts';
import { fencePolicy, type LeaseName, policyName } from './fence-policy.ts';

interface TakenLease extends LeaseName {
  readonly epoch: number;
  readonly runId: string;
}

/** A server takes up a new policy within a second or two, and a change of the Lease at once. */
const TAKEN_UP_MS = 10_000;
const LOOK_EVERY_MS = 200;

/**
 * Has the server refuse our writes of earlier epochs too, and tries it with one that is not kept. Policy and binding
 * stay, as the Lease does: a run that wakes up late has to meet them. Whatever the server objects to is told as the
 * reason why only the client fences. The client holds a lease. @throws InfraError when the server cannot be reached.
 */
export async function raiseServerFence(scope: Scope, client: KubeClient, runId: string): Promise<Fencing> {
  const lease = takenLease(client, runId);
  try {
    const fencing = await installed(client, lease);
    return fencing ?? (await tried(scope, client, lease));
  } catch (error) {
    if (error instanceof KubeError) return onlyClient(`the server refused: ${error.message}`);
    throw error;
  }
}

function takenLease({ fence }: KubeClient, runId: string): TakenLease {
  if (fence === undefined) throw new Error('no lease was taken that the server could look at');
  const [namespace = '', name = ''] = fence.lease.split('/');
  return { namespace, name, epoch: fence.epoch, runId };
}

function onlyClient(why: string): Fencing {
  return { by: 'client', why };
}

/** Undefined when policy and binding stand. */
async function installed(client: KubeClient, lease: LeaseName): Promise<Fencing | undefined> {
  const find = discover(client);
  for (const object of fencePolicy(lease)) {
    const path = await find.findPath(object);
    if (path === undefined)
      return onlyClient('the server has no ValidatingAdmissionPolicy v1 (Kubernetes before 1.30)');
    try {
      await client.patch(path, object, { type: 'apply', force: true });
    } catch (error) {
      if (!isRefusal(error, 401, 403)) throw error;
      return onlyClient(`no right to apply ${object.kind} "${policyName(lease)}": ${error.said}`);
    }
  }
  return undefined;
}

/** A write of the epoch before ours, which is not kept: the server has to refuse it, as what it knows of the Lease says. */
async function tried(scope: Scope, client: KubeClient, lease: TakenLease): Promise<Fencing> {
  const { namespace } = lease;
  const policy = policyName(lease);
  const path = resourcePath({ apiVersion: 'v1', plural: 'configmaps', namespace });
  const limits = { scope, withinMs: TAKEN_UP_MS, everyMs: LOOK_EVERY_MS, blame: 'infra' } as const;
  let isIgnored = false;
  const look = async (signal: AbortSignal): Promise<Look<Fencing>> => {
    try {
      await client.unfenced.create(path, staleObject(lease), { signal, dryRun: true });
      isIgnored = true;
      return { done: false, saw: 'a write of the epoch before was let pass' };
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      const why = isRefusal(error, 422) && error.said.includes(`'${policy}'`);
      if (why) return { done: true, value: { by: 'client and server', why: `admission policy "${policy}"` } };
      return { done: true, value: onlyClient(`admission policy "${policy}" could not be tried: ${error.message}`) };
    }
  };
  try {
    return await until(`server refuses writes of earlier epochs`, limits, look);
  } catch (error) {
    scope.signal.throwIfAborted();
    if (!isIgnored || !(error instanceof InfraError)) throw error;
    return onlyClient(`the server takes no notice of admission policy "${policy}"`);
  }
}

function staleObject({ namespace, name, epoch, runId }: TakenLease): KubeObject {
  const annotations = { [EPOCH_ANNOTATION]: String(epoch - 1), [LEASE_ANNOTATION]: `${namespace}/${name}` };
  const metadata = { name: 'sevlane-fence-try', namespace, labels: { [RUN_LABEL]: runId }, annotations };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}
