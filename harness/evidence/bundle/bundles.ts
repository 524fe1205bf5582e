import { join } from 'node:path';
import { InfraError } from '../../errors/errors.ts';
import type { KnownCause } from '../../model/known-cause.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import { deadline } from '../../scope/deadline.ts';
import type { Scope } from '../../scope/scope.ts';
import { settle } from '../../scope/settle.ts';
import type { Redactor } from '../redact.ts';
import { Collecting, type Reach } from './collecting.ts';
import { type BundleIndex, type ClusterClock, type Failure, NONE } from './contents.ts';
import type { History } from './history.ts';
import { askHost } from './host.ts';
import { indexText } from './index-text.ts';
import { askLaunchers } from './launcher.ts';
import { BUNDLE_LIMITS, type BundleLimits } from './limits.ts';
import { keepLogs } from './logs.ts';
import { keepObjects } from './objects.ts';
import { Shelf, type Storeroom } from './shelf.ts';
import { bundleSlug } from './slug.ts';
import { timelineText } from './timeline.ts';

/** What the bundles of a run are made with. */
export interface BundleParts {
  readonly artifacts: string;
  readonly redactor: Redactor;
  readonly history: History;
  readonly limits?: BundleLimits;
}

/** How much may be asked for. */
export interface BundleBounds {
  readonly reach: Reach;
  /** For everything together, by the real time; 0 keeps no bundle. */
  readonly withinMs: number;
  /** Why nobody can be asked: the bundle holds only what we know ourselves. */
  readonly short?: string;
}

/** Keeps what is around a failure while it is still there. */
export interface Bundles {
  /**
   * Collects at once, tells the bundle as an event, and never throws: what cannot be read is a line in its index. Ends
   * with the scope. Undefined when none was kept, which is said.
   */
  keep(scope: Scope, failure: Failure, bounds: BundleBounds): Promise<string | undefined>;
}

/** Bundles go to `<artifacts>/bundles/`, one folder a failed row. */
export function openBundles({ artifacts, redactor, history, limits = BUNDLE_LIMITS }: BundleParts): Bundles {
  const store: Storeroom = { artifacts, redactor, limits, usedBytes: 0 };
  const kept = new Set<string>();
  return {
    async keep(scope, failure, bounds) {
      const folder = join('bundles', bundleSlug(failure.of, failure.row));
      const why = refusal(kept.size, bounds, store);
      if (why !== undefined || kept.has(folder)) {
        if (why !== undefined) scope.log.info(`no bundle of ${failure.of} ${failure.row}: ${why}`);
        return undefined;
      }
      kept.add(folder);
      try {
        const index = await fill(scope, failure, { ...bounds, history, shelf: new Shelf(store, folder), redactor });
        const { files, notRead, tookMs, knownCauses } = index;
        if (knownCauses.length > 0) scope.emit(knownFor(failure, folder, knownCauses));
        const missing = notRead.filter((each) => each.why !== NONE).length;
        const about = { of: failure.of, row: failure.row, folder };
        scope.emit({ type: 'bundle', ...about, files: files.length, notRead: missing, ms: tookMs });
        return folder;
      } catch (error) {
        const seen = error instanceof Error ? error.message : String(error);
        scope.log.info(`no bundle of ${failure.of} ${failure.row}: it cannot be written: ${seen}`);
        return undefined;
      }
    },
  };
}

/** The files are named from the artifacts folder on. */
function knownFor({ finding }: Failure, folder: string, causes: readonly KnownCause[]) {
  const placed = causes.map((cause) => ({ ...cause, from: join(folder, cause.from) }));
  return { type: 'known-causes', where: finding.where, causes: placed } as const;
}

function refusal(count: number, { withinMs }: BundleBounds, { limits, usedBytes }: Storeroom): string | undefined {
  if (withinMs <= 0) return 'no time is left for it';
  if (count >= limits.mostBundles) return `${limits.mostBundles} are kept already`;
  if (usedBytes >= limits.runBytes) return `${limits.runBytes} bytes are kept already`;
  return undefined;
}

interface Filling extends BundleBounds {
  readonly history: History;
  readonly shelf: Shelf;
  readonly redactor: Redactor;
}

/** @throws when the disk refuses even the index. */
async function fill(scope: Scope, failure: Failure, filling: Filling): Promise<BundleIndex> {
  const { shelf, history, reach, withinMs, short, redactor } = filling;
  const failedAt = Date.now();
  const late = () => new InfraError(`not read within ${spokenTime(withinMs)}, the time for a bundle`);
  using bound = deadline(withinMs, scope.signal, late);
  const collecting = new Collecting({ scope, reach, failure, shelf, redactor, signal: bound.signal });
  const clock = short === undefined ? await collect(collecting) : undefined;
  // Not before what was found has taught the redactor.
  await keepTranscript(collecting);
  shelf.close();
  const story = { failure, failedAt, ours: history.moments, theirs: collecting.theirs, clock };
  const { sizeBytes } = await shelf.page('timeline.md', timelineText(story));
  const index: BundleIndex = {
    schema: 'sevlane.bundle/v1',
    ...{ of: failure.of, row: failure.row, finding: failure.finding },
    beganAt: new Date(failure.beganAt).toISOString(),
    failedAt: new Date(failedAt).toISOString(),
    tookMs: Date.now() - failedAt,
    withinMs,
    ...(short === undefined ? {} : { short }),
    ...(clock === undefined ? {} : { clock }),
    knownCauses: shelf.knownCauses,
    files: [{ ...TIMELINE, sizeBytes }, ...shelf.files],
    notRead: shelf.notRead,
  };
  await shelf.page('index.json', JSON.stringify(index, undefined, 2));
  await shelf.page('index.md', indexText(index));
  return index;
}

const TIMELINE = {
  file: 'timeline.md',
  what: 'everything that happened around the failure, in order and on one clock',
  from: 'the run, and everything below',
};

async function keepTranscript({ shelf, failure: { transcript } }: Collecting): Promise<void> {
  if (transcript === undefined || transcript === '') return;
  const what = 'the dialogue at the serial console, as we had it';
  await shelf.put({ file: 'guest/console.txt', what, from: 'our own console session', text: transcript });
}

/** Everything at once: what is slow or dead holds up nothing else. */
async function collect(collecting: Collecting): Promise<ClusterClock | undefined> {
  const { client, ssh } = collecting.reach;
  const [ofHost, ofApi] = await Promise.all([hostPart(collecting), clusterPart(collecting)]);
  if (client === undefined) missCluster(collecting);
  if (ssh === undefined) missHost(collecting);
  return ofHost ?? ofApi;
}

async function hostPart(collecting: Collecting): Promise<ClusterClock | undefined> {
  const { ssh } = collecting.reach;
  if (ssh === undefined) return undefined;
  if (ssh.lost.aborted) return missHost(collecting, ssh.lost.reason);
  return await askHost(collecting, ssh);
}

async function clusterPart(collecting: Collecting): Promise<ClusterClock | undefined> {
  const { client } = collecting.reach;
  if (client === undefined) return undefined;
  if (client.lost.aborted) return missCluster(collecting, client.lost.reason);
  const clock = apiClock(collecting);
  const [found, at] = await Promise.all([keepObjects(collecting, client), clock]);
  const since = new Date(collecting.failure.beganAt + (at?.aheadMs ?? 0) - (at?.uncertaintyMs ?? SPARE_MS));
  await Promise.all([
    askLaunchers(collecting, client, found.launchers),
    keepLogs(collecting, client, { ...found, since }),
  ]);
  return at;
}

/** Where no clock was told, a few lines from before the case are better than its first ones missing. */
const SPARE_MS = 5000;
/** HTTP tells time in whole seconds. */
const DATE_HEADER_MS = 1000;

/** The clock of the API server, which on the node under test is the node's. */
async function apiClock({ reach: { client }, signal }: Collecting): Promise<ClusterClock | undefined> {
  if (client === undefined) return undefined;
  const before = Date.now();
  const asked = settle(client.request({ method: 'GET', path: '/version', signal }), signal);
  const answer = await asked.catch(() => undefined);
  const after = Date.now();
  const at = Date.parse(String(answer?.headers.date ?? ''));
  if (Number.isNaN(at)) return undefined;
  const middle = (before + after) / 2;
  const uncertaintyMs = Math.ceil((after - before) / 2 + DATE_HEADER_MS / 2);
  // Within what a header can tell, the clocks agree.
  const aheadMs = Math.round(at + DATE_HEADER_MS / 2 - middle);
  return { aheadMs: Math.abs(aheadMs) <= uncertaintyMs ? 0 : aheadMs, uncertaintyMs, from: 'the API server says so' };
}

function missCluster({ shelf }: Collecting, reason?: unknown): undefined {
  const why = reason instanceof Error ? reason.message : 'the run had not reached the Kubernetes API';
  shelf.missed({ what: 'objects, events, logs and guests of the cluster', from: 'the Kubernetes API', why });
}

function missHost({ shelf }: Collecting, reason?: unknown): undefined {
  const why = reason instanceof Error ? reason.message : 'there is no SSH connection to it';
  shelf.missed({ what: "the host's kernel log and ASIDs", from: 'the host', why });
}
