import { parseDuration } from './duration.ts';
import type { Environment } from './sources.ts';

/** What the Prow job allows, in milliseconds, as far as it says so. */
export interface ProwLimits {
  readonly timeoutMs?: number;
  readonly graceMs?: number;
}

/**
 * The job's own limits. Source: Prow's JOB_SPEC holds `decoration_config.timeout` as a Go duration,
 * ENTRYPOINT_OPTIONS holds `timeout` in nanoseconds. Text that is neither counts as silence.
 */
export function prowLimits(env: Environment): ProwLimits {
  const decoration = field(json(env.JOB_SPEC), 'decoration_config');
  const entrypoint = json(env.ENTRYPOINT_OPTIONS);
  const timeoutMs = milliseconds(field(decoration, 'timeout')) ?? milliseconds(field(entrypoint, 'timeout'));
  const graceMs = milliseconds(field(decoration, 'grace_period')) ?? milliseconds(field(entrypoint, 'grace_period'));
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(graceMs === undefined ? {} : { graceMs }) };
}

/** True where a simulated green could pass for a real one: under Prow or any other CI. */
export function isCi(env: Environment): boolean {
  const ci = env.CI ?? '';
  return (ci !== '' && ci !== 'false' && ci !== '0') || (env.PROW_JOB_ID ?? '') !== '';
}

function milliseconds(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value / 1e6 : typeof value === 'string' ? parseDuration(value) : undefined;
  return ms === undefined || !(ms > 0) ? undefined : ms;
}

function json(value: string | undefined): unknown {
  try {
    return value === undefined ? undefined : JSON.parse(value);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
