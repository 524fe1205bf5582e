import type { RunConfig } from '../config/run-config.ts';
import { Interrupted } from '../errors/errors.ts';
import type { RunEvent } from '../model/events.ts';
import type { Scope } from '../scope/scope.ts';

/** What decides whether something stays up, and what that is. */
export interface Keeping {
  hasFailed: boolean;
  readonly guests: { readonly namespace: string; readonly name: string }[];
}

/** A case or a phase that went wrong by itself, not because the run was stopped. */
export function isFailure(event: RunEvent): boolean {
  if (event.type !== 'case-ended' && event.type !== 'phase-ended') return false;
  const { outcome, finding } = event.result;
  return (outcome === 'failed' || outcome === 'errored') && finding?.blame !== 'interrupted';
}

/** Why what was put up is not taken away; undefined when it is. */
export function keptBecause(
  scope: Scope,
  { config }: { readonly config: RunConfig },
  { hasFailed }: Keeping,
): string | undefined {
  const { keep } = config.leave;
  if (keep === 'always') return 'kept with --keep';
  const isStopped = scope.signal.reason instanceof Interrupted;
  return keep === 'on failure' && hasFailed && !isStopped ? 'kept with --keep-on-failure' : undefined;
}
