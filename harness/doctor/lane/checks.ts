import type { Budgets } from '../../config/run-config.ts';
import type { CapabilityContract } from '../../model/capability.ts';
import type { CheckResult } from '../../model/check.ts';
import { GUESTS_AT_ONCE } from '../../model/guests.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import { TECHNOLOGIES, type Technology, technologyName } from '../../model/technology.ts';
import { type Check, fatal, type Judgement, judgeAll, note, ok, unread, warning } from '../check.ts';

/** What the checks of the lane look at. */
export interface LaneExam {
  readonly budgets: Budgets;
  /** Time for one guest to boot. */
  readonly bootMs: number;
  /** What the Prow job says of itself; absent parts are not said. */
  readonly job: { readonly timeoutMs?: number; readonly graceMs?: number };
  /** As named by the user; undefined: whatever the host can do, at least SEV. */
  readonly require: readonly Technology[] | undefined;
  /** What the host can give. */
  readonly contract: CapabilityContract;
}

/** Time after undoing for the last writes. */
const LAST_WRITES_MS = 60_000;
/** Prow's own default, where the job says nothing. */
const DEFAULT_GRACE_MS = 15_000;
const JOB = 'JOB_SPEC and ENTRYPOINT_OPTIONS on this side';
const SETTINGS = 'the settings on this side';

/** Whether the run as it is set up fits into its job, its time and its host. */
export const LANE_CHECKS: readonly Check<LaneExam>[] = [
  {
    id: 'lane-job-timeout',
    group: 'lane',
    title: 'the run with its undoing fits into the job',
    expected: 'run-timeout, undo-timeout and a minute within decoration_config.timeout',
    why: 'Prow kills at the timeout whatever is not undone yet, and the shared cluster stays dirty',
    judge({ budgets: { runMs, undoMs }, job: { timeoutMs } }) {
      const need = runMs + undoMs + LAST_WRITES_MS;
      const read = `run ${spokenTime(runMs)}, undo ${spokenTime(undoMs)}`;
      if (timeoutMs === undefined) return note(`${read}; no job sets a limit`, JOB);
      const told = `${read}, job ${spokenTime(timeoutMs)}`;
      return need <= timeoutMs
        ? ok(told, JOB)
        : fatal(told, JOB, "shorten --run-timeout or --undo-timeout, or raise the job's decoration_config.timeout");
    },
  },
  {
    id: 'lane-job-grace',
    group: 'lane',
    title: 'an aborted job leaves time to undo everything',
    expected: 'decoration_config.grace_period of undo-timeout at least',
    why: 'after an abort Prow waits so long before it kills: what is not undone by then stays on the cluster',
    judge({ budgets: { undoMs }, job: { timeoutMs, graceMs } }) {
      const read = `undo ${spokenTime(undoMs)}`;
      if (graceMs === undefined && timeoutMs === undefined) return note(`${read}; no job sets a limit`, JOB);
      const grace = graceMs ?? DEFAULT_GRACE_MS;
      const told = `${read}, grace ${spokenTime(grace)}${graceMs === undefined ? ", Prow's default" : ''}`;
      if (grace >= undoMs) return ok(told, JOB);
      return warning(told, JOB, "raise the job's decoration_config.grace_period, or shorten --undo-timeout");
    },
  },
  {
    id: 'lane-budgets',
    group: 'lane',
    title: 'the phases fit into the run',
    expected: 'all phases together within run-timeout, and the boots of all guests within suites-timeout',
    why: 'when the run ends in the middle of a phase the reason told is time, not what took it',
    judge: judgeBudgets,
  },
  {
    id: 'lane-demands',
    group: 'lane',
    title: 'the host gives what is demanded',
    expected: 'each technology of --require; without it SEV at least',
    why: 'a demanded guest that cannot boot is red; one that is silently left out would be green and prove nothing',
    judge: judgeDemands,
  },
  {
    id: 'lane-slots',
    group: 'lane',
    title: 'the host has an ASID for each guest that the lane boots at once',
    expected: `${GUESTS_AT_ONCE} for each kind: guests are booted one after another`,
    why: 'KubeVirt does not count ASIDs: the guest beyond the last one fails to start',
    judge: judgeSlots,
  },
];

/** One row for each check of the lane. */
export function laneRows(exam: LaneExam): readonly CheckResult[] {
  return judgeAll(LANE_CHECKS, exam);
}

function judgeBudgets({ budgets, bootMs, require }: LaneExam): Judgement {
  const { connectMs, probeMs, clusterMs, leaseMs, kubevirtMs, suitesMs, runMs } = budgets;
  const sum = connectMs + probeMs + clusterMs + leaseMs + kubevirtMs + suitesMs;
  const boots = ((require ?? TECHNOLOGIES).length + 1) * bootMs;
  const read = `phases ${spokenTime(sum)} of ${spokenTime(runMs)}, boots ${spokenTime(boots)} of ${spokenTime(suitesMs)}`;
  if (sum > runMs) return warning(read, SETTINGS, 'raise --run-timeout, or shorten the phases');
  if (boots > suitesMs) return warning(read, SETTINGS, 'raise --suites-timeout, or shorten --guest-boot-timeout');
  return ok(read, SETTINGS);
}

function judgeDemands({ require, contract }: LaneExam): Judgement {
  const from = '--require against the capability contract';
  const wanted = require ?? ['sev'];
  const named = wanted.map(technologyName).join(', ');
  const of = (given: 'no' | 'unknown') => wanted.filter((one) => contract.technologies[one].given === given);
  const reasons = (some: readonly Technology[]) =>
    some.map((one) => `${technologyName(one)}: ${contract.technologies[one].reason}`).join('; ');
  const lacking = of('no');
  if (lacking.length > 0) {
    const left = TECHNOLOGIES.filter((one) => contract.technologies[one].given === 'yes');
    const action = left.length === 0 ? 'use another node' : `demand what there is: --require ${left.join(',')}`;
    return fatal(`demanded ${named}; the host lacks ${reasons(lacking)}`, from, action);
  }
  const unknown = of('unknown');
  if (unknown.length > 0)
    return unread(`demanded ${named}; not known is ${reasons(unknown)}`, from, 'see the checks of the host');
  const out = require === undefined ? TECHNOLOGIES.filter((one) => contract.technologies[one].given === 'no') : [];
  const all = require === undefined ? TECHNOLOGIES.filter((one) => !out.includes(one)) : wanted;
  const read = `demanded ${all.map(technologyName).join(', ')}`;
  return out.length === 0 ? ok(read, from) : note(`${read}; left out ${reasons(out)}`, from);
}

function judgeSlots({ require, contract }: LaneExam): Judgement {
  const from = 'the capability contract';
  const kinds = (require ?? TECHNOLOGIES).filter((one) => contract.technologies[one].given !== 'no');
  if (kinds.length === 0) return note('the host gives no encrypted guests', from);
  const read = kinds.map((one) => `${technologyName(one)} ${contract.technologies[one].guestsAtOnce ?? 'not told'}`);
  const few = kinds.filter((one) => (contract.technologies[one].guestsAtOnce ?? GUESTS_AT_ONCE) < GUESTS_AT_ONCE);
  const action = 'raise the "SEV-ES ASID Space Limit" of the BIOS, or leave the kind out of --require';
  if (few.length > 0) return fatal(read.join(', '), from, action);
  if (kinds.some((one) => contract.technologies[one].guestsAtOnce === undefined))
    return unread(read.join(', '), from, 'see the checks of the host about ASIDs');
  return ok(read.join(', '), from);
}
