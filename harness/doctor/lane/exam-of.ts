import type { RunConfig } from '../../config/run-config.ts';
import type { CapabilityContract } from '../../model/capability.ts';
import type { LaneExam } from './checks.ts';

/** What the lane is examined for with these settings, in this job, on a host that can give this. */
export function laneExam(
  { budgets, guest, tests }: RunConfig,
  job: LaneExam['job'],
  contract: CapabilityContract,
): LaneExam {
  return { budgets, bootMs: guest.bootMs, require: tests.require, job, contract };
}
