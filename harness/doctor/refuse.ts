import { InfraError } from '../errors/errors.ts';
import type { CheckResult } from '../model/check.ts';
import type { Scope } from '../scope/scope.ts';

/** Tells every row. */
export function tellChecks(scope: Scope, checks: readonly CheckResult[]): void {
  for (const result of checks) scope.emit({ type: 'check', result });
}

/** @throws InfraError in the words of the first check that is fatal, with its action. */
export function refuseFatal(checks: readonly CheckResult[]): void {
  const found = checks.find(({ verdict }) => verdict === 'fatal');
  if (found === undefined) return;
  throw new InfraError(`${found.id}: ${found.read}`, found.action === undefined ? {} : { hint: found.action });
}
