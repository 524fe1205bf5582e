import { toFinding } from '../errors/blame.ts';
import { InfraError, ProductFailure } from '../errors/errors.ts';
import type { KeepCase } from '../evidence/bundle/occasions.ts';
import type { EvidenceKeeper } from '../evidence/collect.ts';
import type { Guest } from '../kubevirt/guest.ts';
import type { LaneNode } from '../kubevirt/node.ts';
import type { Evidence } from '../model/evidence.ts';
import { GUESTS, type GuestSpec } from '../model/guests.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { CaseResult } from '../model/result.ts';
import { spokenTime } from '../model/spoken-time.ts';
import type { GuestKind } from '../model/technology.ts';
import { workTime } from '../scope/deadline.ts';
import type { OwnedScope, Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import type { HungCase, Lane } from './guest-cases.ts';

/** What the cases of a run look at. */
export interface LaneParts {
  readonly scope: Scope;
  /** Undefined when only the API is reachable: cases about the host are skipped then, and say so. */
  readonly host: HostFacts | undefined;
  readonly node: LaneNode;
  /** The value that the SEV labels of nodes have in this KubeVirt. */
  readonly labelValue: string;
  readonly evidence: EvidenceKeeper;
  /** Keeps what is around a failed case, before its guest is taken away. */
  readonly keepBundle: KeepCase;
  /** Makes a guest whose undo belongs to `scope`. */
  readonly makeGuest: (spec: GuestSpec, scope: Scope, isBroken: () => boolean) => Guest;
  /** Time that a guest may need before a case can look at it. */
  readonly bootMs: number;
}

/** A guest in the lane, with an undo stack of its own so that it dies when its cases are through. */
interface Lodger {
  readonly guest: Guest;
  readonly scope: OwnedScope;
  /** The first failure and the case that reported it: another case that meets the same one could not be run. */
  broken?: { readonly error: unknown; readonly title: string };
}

const GIVE_BACK_MS = 90_000;
const HOST_UNREAD = 'not read: without --ssh nothing is known of the host itself';

/** Runs cases, each guest shared by its own; tells starts and ends as events. */
export function openLane(parts: LaneParts): Lane {
  const lodgers = new Map<GuestKind, Lodger>();
  const lodger = (kind: GuestKind): Lodger => {
    const found = lodgers.get(kind) ?? lodge(kind, parts);
    lodgers.set(kind, found);
    return found;
  };
  const finishGuest = async (kind: GuestKind, withinMs?: number): Promise<void> => {
    const found = lodgers.get(kind);
    lodgers.delete(kind);
    for (const finding of (await found?.scope.close(withinMs)) ?? []) parts.scope.emit({ type: 'trouble', finding });
  };
  // A run that ends early leaves guests behind whose last case never came.
  parts.scope.defer('guests', GIVE_BACK_MS, async (_signal, _scope, budgetMs) => {
    await Promise.all([...lodgers.keys()].map((kind) => finishGuest(kind, budgetMs)));
  });
  return {
    runCase: async (hung) => await runCase(hung, lodger(hung.kind), parts),
    finishGuest: (kind) => finishGuest(kind),
  };
}

function lodge(kind: GuestKind, parts: LaneParts): Lodger {
  const scope = parts.scope.child();
  const lodger: Lodger = { scope, guest: parts.makeGuest(GUESTS[kind], scope, () => lodger.broken !== undefined) };
  return lodger;
}

async function runCase(
  hung: HungCase,
  lodger: Lodger,
  { scope, ...parts }: LaneParts,
): Promise<{ readonly skip?: string }> {
  const { planned } = hung;
  const evidence: Evidence[] = [];
  const startedAt = performance.now();
  const beganAt = Date.now();
  const mark = scope.clock.mark();
  const tookMs = () => Math.round(performance.now() - startedAt);
  const end = (result: Pick<CaseResult, 'outcome'> & Partial<CaseResult>) => {
    const stoodMs = scope.clock.stoodSince(mark);
    if (stoodMs >= 1) scope.log.info(`${planned.title}: ${spokenTime(stoodMs)} without a connection are not counted`);
    scope.emit({
      type: 'case-ended',
      result: { ...planned, evidence, ms: tookMs(), ...result },
    });
  };
  scope.emit({ type: 'case-started', title: planned.title });
  if (hung.about === 'host' && parts.host === undefined) {
    end({ outcome: 'skipped', reason: HOST_UNREAD });
    return { skip: HOST_UNREAD };
  }
  try {
    await check(hung, lodger, { scope, ...parts }, evidence);
    end({ outcome: 'passed' });
    return {};
  } catch (error) {
    // The run is over: the case has not failed, it was not finished, and the report says why.
    if (scope.signal.aborted) throw scope.signal.reason;
    if (lodger.broken !== undefined && lodger.broken.error === error) {
      const skip = `not run: the guest failed before, in "${lodger.broken.title}"`;
      end({ outcome: 'not-run', reason: skip });
      return { skip };
    }
    lodger.broken ??= { error, title: planned.title };
    const finding = toFinding(error, planned.title);
    const ms = tookMs();
    const { transcript } = lodger.guest;
    await parts.keepBundle(scope, { row: planned.title, finding, beganAt, transcript });
    end({ outcome: finding.blame === 'product' ? 'failed' : 'errored', finding, ms });
    throw error;
  }
}

/** Work that a cut undid has to be done twice: then it is not the product that was too slow. */
function late(withinMs: number, uncounted: string): Error {
  const message = `not done within ${spokenTime(withinMs)}${uncounted}`;
  if (uncounted === '') return new ProductFailure(message);
  return new InfraError(message, { hint: 'mend the line to the node, then run again' });
}

async function check(hung: HungCase, lodger: Lodger, parts: LaneParts, evidence: Evidence[]): Promise<void> {
  const { host, node, labelValue } = parts;
  const withinMs = hung.test.withinMs + (hung.about === 'guest' ? parts.bootMs : 0);
  using bound = workTime(withinMs, parts.scope, (uncounted) => late(withinMs, uncounted));
  const note = async (file: string, proves: string, content: string): Promise<void> => {
    evidence.push(await parts.evidence.keep({ file: `${hung.kind}/${file}`, proves, content }));
  };
  const context = { node, labelValue, signal: bound.signal, note };
  const work =
    hung.about === 'guest'
      ? hung.test.check({ ...context, guest: lodger.guest })
      : host === undefined
        ? Promise.reject(new InfraError(HOST_UNREAD))
        : hung.test.check({ ...context, host, technology: hung.kind });
  try {
    await settle(work, bound.signal);
  } catch (error) {
    const { transcript } = lodger.guest;
    // What the guest said instead of what was hoped for is the first thing that a reader of the failure asks for.
    if (hung.about === 'guest' && transcript !== '' && evidence.length === 0)
      await note('console.txt', 'the dialogue at the serial console, up to the failure', transcript);
    throw error;
  }
  if (evidence.length === 0) throw new Error(`"${hung.planned.title}" passed without evidence on file`);
}
