import { after, describe, it } from 'mocha';
import type { Guest } from '../kubevirt/guest.ts';
import type { LaneNode } from '../kubevirt/node.ts';
import { GUESTS } from '../model/guests.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { PlannedCase } from '../model/result.ts';
import { type GuestKind, TECHNOLOGIES, type Technology } from '../model/technology.ts';

/** What every case gets to look at. */
export interface CaseContext {
  readonly node: LaneNode;
  /** The value that the SEV labels of nodes have in the KubeVirt under test. */
  readonly labelValue: string;
  readonly signal: AbortSignal;
  /** Keeps a file that shows what the case claims. A case that passes without one is an error. */
  note(file: string, proves: string, content: string): Promise<void>;
}

/** A case about the host and the node, for each technology; it needs no guest. */
export interface HostCase {
  /** Constant over runs: with the guest's name it is the identity of the row in TestGrid. */
  readonly title: string;
  readonly withinMs: number;
  check(context: CaseContext & { readonly host: HostFacts; readonly technology: Technology }): Promise<void>;
}

/** A case about a guest, for each technology and for the control. What it asks of the guest is done once for all its cases. */
export interface GuestCase {
  readonly title: string;
  /** On top of the time that the guest may need to boot. */
  readonly withinMs: number;
  /** A kind of guest counts as proven only when its cases of this sort have passed. */
  readonly isProof?: true;
  check(context: CaseContext & { readonly guest: Guest }): Promise<void>;
}

/** A case for one kind of guest. */
export type KindCase =
  | { readonly about: 'host'; readonly kind: Technology; readonly test: HostCase }
  | { readonly about: 'guest'; readonly kind: GuestKind; readonly test: GuestCase };

/** A case as it hangs in mocha's tree. */
export type HungCase = KindCase & { readonly planned: PlannedCase };

/** What the engine puts into mocha's context for the tests to use. */
export interface Lane {
  /** Runs one case and tells how it ended; resolves with a reason when it could not be run. @throws what the case threw. */
  runCase(hung: HungCase): Promise<{ readonly skip?: string }>;
  /** All cases of this guest are through: gives it back. */
  finishGuest(kind: GuestKind): Promise<void>;
}

/** The cases about the host, once for each technology. */
export function hostCases(tests: readonly HostCase[]): readonly KindCase[] {
  return TECHNOLOGIES.flatMap((kind) => tests.map((test): KindCase => ({ about: 'host', kind, test })));
}

/** The cases about guests, once for each technology and for the control. */
export function guestCases(tests: readonly GuestCase[]): readonly KindCase[] {
  return Object.values(GUESTS).flatMap(({ kind }) => tests.map((test): KindCase => ({ about: 'guest', kind, test })));
}

/** Declares a suite: the only thing that a file in suites/ does. Cases of one guest run one after the other. */
export function suite(name: string, cases: readonly KindCase[]): void {
  describe(name, () => {
    for (const { kind, name: guestName } of Object.values(GUESTS)) {
      const own = cases.filter((each) => each.kind === kind);
      if (own.length > 0) describe(guestName, () => hangCases(name, kind, own));
    }
  });
}

const hungCases = new WeakMap<object, HungCase>();

/** The case behind a mocha test, undefined for tests that were not declared here. */
export function caseOf(test: object): HungCase | undefined {
  return hungCases.get(test);
}

function hangCases(suiteName: string, kind: GuestKind, cases: readonly KindCase[]): void {
  const { name, labels } = GUESTS[kind];
  for (const each of cases) {
    const isProof = each.about === 'guest' && each.test.isProof === true;
    const title = `${suiteName} ${name}: ${each.test.title}`;
    const hung: HungCase = { ...each, planned: { suite: suiteName, title, labels, guest: kind, isProof } };
    const test = it(each.test.title, async function () {
      const { skip } = await laneOf(this).runCase(hung);
      if (skip !== undefined) this.skip();
    });
    hungCases.set(test, hung);
  }
  after('give the guest back', async function () {
    await laneOf(this).finishGuest(kind);
  });
}

/** The engine sets `lane` on the root suite's context, from which every test's context inherits. */
function laneOf(context: Mocha.Context): Lane {
  return context.lane as Lane;
}
