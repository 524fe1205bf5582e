/** The four groups of the doctor's checks. */
export const CHECK_GROUPS = ['this side', 'host', 'cluster', 'lane'] as const;
export type CheckGroup = (typeof CHECK_GROUPS)[number];

/**
 * What one check says. `note` is worth knowing, `warning` will hurt soon, `fatal` means that the lane cannot run;
 * `unread`: it could not be found out, which is not ok. Only `fatal` stops a run.
 */
export type CheckVerdict = 'ok' | 'note' | 'warning' | 'fatal' | 'unread';

/** One check's identity: constant over runs, it is the name of a row in TestGrid. */
export interface CheckName {
  /** Lower-case words with dashes, unique, e.g. `host-sev-asids`. */
  readonly id: string;
  readonly group: CheckGroup;
  /** What is checked, e.g. `ASIDs are left for SEV-ES guests`. No host, time or number. */
  readonly title: string;
}

/** What one check found, told so that a stranger can act on it. Free of secrets. */
export interface CheckResult extends CheckName {
  readonly verdict: CheckVerdict;
  /** What was read, e.g. `sev 410, sev_es 99`; of an unread one, why not. One line. */
  readonly read: string;
  /** Where: a file, a command or an API path, and on which side. */
  readonly from: string;
  readonly expected: string;
  /** Why it matters to the lane. */
  readonly why: string;
  /** One action; absent only with `ok` and `note`. */
  readonly action?: string;
}

/** What the checks read that a run ended before: they stand in the report, and nobody is told one by one. */
export const NOT_REACHED = 'the run did not come to it';
