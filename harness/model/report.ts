import type { CapabilityContract } from './capability.ts';
import type { CheckResult } from './check.ts';
import type { ConnectionRecord } from './connection.ts';
import type { Fencing } from './fencing.ts';
import type { Finding } from './finding.ts';
import type { HostFacts } from './host-facts.ts';
import type { CaseResult, ConnectionRow, PhaseResult, RunResult } from './result.ts';
import type { Technology } from './technology.ts';
import type { Traces } from './traces.ts';

/** A technology that the run did not demand, and why. */
export interface NotDemanded {
  readonly technology: Technology;
  readonly reason: string;
}

/** Where the run happened, as far as it was learnt; everything here is free of secrets. */
export interface RunSubject {
  readonly provider: string;
  /** True when no hardware was involved: a simulated pass is never a hardware pass. */
  readonly simulated: boolean;
  /** `user@host:port` of the node. */
  readonly node?: string;
  readonly kubernetes?: string;
  readonly kubevirt?: string;
  /** The manifests that were installed: where they came from, and their SHA-256. */
  readonly kubevirtManifests?: readonly { readonly place: string; readonly sha256: string }[];
  readonly host?: HostFacts;
  /** Who keeps this run from writing once its lease is lost; absent until the lease was taken. */
  readonly fencing?: Fencing;
}

/** Everything known about a run; complete and valid at every moment, also while the run goes on. */
export interface Report {
  readonly schema: 'sevlane.report/v1';
  readonly runId: string;
  readonly startedAt: string;
  /** Absent while the run has not ended. */
  readonly endedAt?: string;
  readonly exitCode: number;
  /** First line that a reader sees; begins with passed, product:, infra:, interrupted:, usage: or sevlane bug:. */
  readonly verdict: string;
  /** One action that follows from the verdict. */
  readonly hint?: string;
  readonly subject: RunSubject;
  readonly demanded: readonly Technology[];
  readonly notDemanded: readonly NotDemanded[];
  readonly phases: readonly PhaseResult[];
  /** The doctor's checks, in the order of their groups. */
  readonly checks: readonly CheckResult[];
  /** What the node can give; absent until the host was read. */
  readonly capabilities?: CapabilityContract;
  /** The connection to the node; absent until there was one. */
  readonly connection?: ConnectionRecord;
  /** Red when the run ended because the connection was lost for good. */
  readonly connectionRow: ConnectionRow;
  /** Red when the run ended early for a reason that is neither a phase's own nor the connection's, or has not ended yet. */
  readonly run: RunResult;
  readonly cases: readonly CaseResult[];
  /** What could not be undone, e.g. `guest sev`: it is still on the node, for the next run to sweep. */
  readonly notUndone: readonly string[];
  /** How the cluster and the host differ from what was found; absent until they were looked at. */
  readonly traces?: Traces;
  /** Everything that went wrong, worst blame first; the first one is the verdict's. */
  readonly findings: readonly Finding[];
  /** The settings that were in force, secrets masked. */
  readonly settings: Readonly<Record<string, string>>;
}
