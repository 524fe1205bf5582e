import type { CheckResult } from '../../model/check.ts';
import { allUnread, judgeAll } from '../check.ts';
import { ENCRYPTION_CHECKS } from './encryption-checks.ts';
import type { HostCheck, HostExam } from './exam.ts';
import { MACHINE_CHECKS } from './machine-checks.ts';
import { PLATFORM_CHECKS } from './platform-checks.ts';
import { RESOURCE_CHECKS } from './resource-checks.ts';

/** All checks of the host, in the order in which they are told. */
export const HOST_CHECKS: readonly HostCheck[] = [
  ...MACHINE_CHECKS,
  ...ENCRYPTION_CHECKS,
  ...PLATFORM_CHECKS,
  ...RESOURCE_CHECKS,
];

/** One row for each check of the host. */
export function hostRows(exam: HostExam): readonly CheckResult[] {
  return judgeAll(HOST_CHECKS, exam);
}

/** The same rows for a host that could not be read. */
export function hostUnread(why: string, action: string): readonly CheckResult[] {
  return allUnread(HOST_CHECKS, { why, from: 'the probe of the node', action });
}
