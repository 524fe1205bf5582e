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

/** Who runs here, for others who want the same cluster. */
export interface JobHolder {
  readonly identity: string;
  /** The build's page. */
  readonly link?: string;
  /** By the kind of job. */
  readonly priority: 'presubmit' | 'periodic' | 'developer';
}

/** The Prow job and its page, or the user, the machine and the process. */
export function holderOf(
  env: Environment,
  { machine, pid }: { readonly machine: string; readonly pid: number },
): JobHolder {
  const { PROW_JOB_ID: job, BUILD_ID: build, JOB_NAME: name, JOB_TYPE: type } = env;
  // A revived pod keeps its name and its job's id but gets a new build, and the old process may still be alive.
  if (job && build) {
    const priority = type === 'presubmit' || type === 'batch' ? 'presubmit' : 'periodic';
    const link = prowPage(env);
    return { identity: `prow ${name || 'job'} ${job}/${build}`, ...(link === undefined ? {} : { link }), priority };
  }
  return { identity: `${env.USER || env.LOGNAME || 'somebody'}@${machine} pid ${pid}`, priority: 'developer' };
}

/** The page of this build on KubeVirt's Prow; undefined where the job does not say all of its path. Source: pod-utils' upload layout. */
function prowPage(env: Environment): string | undefined {
  const { JOB_NAME, BUILD_ID, JOB_TYPE, REPO_OWNER, REPO_NAME, PULL_NUMBER } = env;
  if (!JOB_NAME || !BUILD_ID) return undefined;
  const page = (folder: string) =>
    `https://prow.ci.kubevirt.io/view/gs/kubevirt-prow/${folder}/${JOB_NAME}/${BUILD_ID}`;
  if (JOB_TYPE === 'batch') return page('pr-logs/pull/batch');
  if (JOB_TYPE !== 'presubmit') return page('logs');
  if (!REPO_OWNER || !REPO_NAME || !PULL_NUMBER) return undefined;
  return page(`pr-logs/pull/${REPO_OWNER}_${REPO_NAME}/${PULL_NUMBER}`);
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
