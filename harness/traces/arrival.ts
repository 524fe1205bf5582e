import { InfraError } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { resourcePath } from '../kube/objects.ts';
import type { Difference } from '../model/traces.ts';
import type { Scope } from '../scope/scope.ts';
import { type Look, until } from '../scope/until.ts';
import { compare, notCompared } from './compare.ts';
import { compareHosts, type HostReader, type HostTraces } from './host.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

/** What was found before anything was changed. */
export interface Arrival {
  readonly cluster: Snapshot | Unread;
  readonly host: HostTraces | Unread;
  readonly hasKubevirt: boolean;
}

interface Unread {
  readonly why: string;
}

interface Run {
  readonly runId: string;
  readonly readHost?: HostReader | undefined;
}

const KUBEVIRT_KIND = 'kubevirts.kubevirt.io';
/** Controllers tidy up after what was deleted: collected roles, pods without an owner, devices of a node. */
const TIDIED_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 1000;

interface Comparison {
  readonly arrival: Arrival;
  readonly leaving: Run;
  readonly endsInMs?: number | undefined;
}

/** Looks at both. What cannot be read is no error: it is told as not compared. @throws the scope's reason. */
export async function arrive(scope: Scope, client: KubeClient, { readHost }: Run): Promise<Arrival> {
  const [cluster, host] = await Promise.all([
    readable(scope, takeSnapshot(client, { signal: scope.signal })),
    readable(scope, hostTraces(readHost, scope.signal)),
  ]);
  const path = resourcePath({
    apiVersion: 'apiextensions.k8s.io/v1',
    plural: 'customresourcedefinitions',
    name: KUBEVIRT_KIND,
  });
  return { cluster, host, hasKubevirt: (await client.find(path, { signal: scope.signal })) !== undefined };
}

/**
 * Looks again and tells what differs. With `endsInMs` the job is about to be killed: what is not gone by then is told
 * as not seen to go, for it may well go. @throws InfraError naming leftovers of ours that do not go away by themselves.
 */
export async function compareWith(
  scope: Scope,
  client: KubeClient,
  { arrival, leaving, endsInMs }: Comparison,
): Promise<void> {
  const { cluster } = arrival;
  const between = { runId: leaving.runId, hasInstalled: !arrival.hasKubevirt };
  const untold: string[] = [];
  let differences: readonly Difference[] = [];
  let isCompared = false;
  const look = async (signal: AbortSignal): Promise<Look<void>> => {
    untold.length = 0;
    const hosts = await readable(scope, hostTraces(leaving.readHost, signal));
    const host = differencesOf(arrival.host, hosts, between.hasInstalled);
    if ('why' in host) untold.push(`the host: ${host.why}`);
    const now = 'why' in cluster ? cluster : await readable(scope, takeSnapshot(client, { signal }));
    if ('why' in cluster || 'why' in now) untold.push(`the cluster: ${'why' in cluster ? cluster.why : whyOf(now)}`);
    else {
      untold.push(...notCompared(cluster, now));
      isCompared = true;
    }
    const objects = 'why' in cluster || 'why' in now ? [] : compare(cluster, now, between);
    differences = [...objects, ...('why' in host ? [] : host)];
    const ours = differences.filter(({ whose }) => whose === 'ours');
    return ours.length === 0 ? { done: true, value: undefined } : { done: false, saw: leftovers(ours) };
  };
  const withinMs = Math.min(TIDIED_WITHIN_MS, endsInMs ?? TIDIED_WITHIN_MS);
  const limits = { scope, withinMs, everyMs: LOOK_EVERY_MS, blame: 'infra' as const };
  try {
    await until('no leftovers of ours', limits, look);
  } catch (error) {
    const ours = differences.filter(({ whose }) => whose === 'ours');
    if (endsInMs !== undefined && error instanceof InfraError) {
      untold.push(
        `the cluster: no time was left to ${ours.length === 0 ? 'look' : `see these go: ${leftovers(ours)}`}`,
      );
      differences = differences.filter(({ whose }) => whose !== 'ours');
      isCompared = false;
      return;
    }
    if (ours.length === 0) throw error;
    throw new InfraError(`not all is as it was found: ${leftovers(ours)}`, {
      hint: 'report.json names each; the next run on this cluster sweeps what has our label, as does sevlane clean',
    });
  } finally {
    scope.emit({ type: 'traces', traces: { isCompared, differences, notCompared: untold } });
  }
}

const MOST_TOLD = 3;

function leftovers(ours: readonly Difference[]): string {
  const told = ours.slice(0, MOST_TOLD).map(({ how, what, fields }) => `${what} ${fields[0] ?? how}`);
  const more = ours.length - told.length;
  return `${told.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function differencesOf(
  before: HostTraces | Unread,
  after: HostTraces | Unread,
  hasInstalled: boolean,
): readonly Difference[] | Unread {
  if ('why' in before) return before;
  return 'why' in after ? after : compareHosts(before, after, hasInstalled);
}

async function hostTraces(read: HostReader | undefined, signal: AbortSignal): Promise<HostTraces | Unread> {
  return read === undefined ? { why: 'only the API is reached, nothing is read of the host' } : await read(signal);
}

async function readable<T>(scope: Scope, work: Promise<T>): Promise<T | Unread> {
  try {
    return await work;
  } catch (error) {
    scope.signal.throwIfAborted();
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function whyOf(value: object): string {
  return 'why' in value ? String(value.why) : '';
}
