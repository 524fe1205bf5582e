import type { CheckResult } from '../../model/check.ts';
import type { SshTarget } from '../../model/host.ts';
import type { OwnProcess } from '../../model/own-process.ts';
import { thisSideRows } from './checks.ts';
import { readThisSide } from './read.ts';

/** What of this side a run depends on. */
export interface ThisSideExamination {
  readonly artifacts: string;
  readonly runDir: string;
  readonly target: SshTarget | undefined;
  readonly own: OwnProcess | undefined;
}

/** One row for each check of this side. @throws only the signal's reason. */
export async function examineThisSide(
  signal: AbortSignal,
  { own, ...wish }: ThisSideExamination,
): Promise<readonly CheckResult[]> {
  const ours = { nodeVersion: own?.nodeVersion, environment: own?.environment ?? {} };
  return thisSideRows(await readThisSide({ ...wish, ...ours }, signal));
}
