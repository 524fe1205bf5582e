import type { SettingProblem } from '../model/setting.ts';

/** The fix for whatever only OpenSSH itself can do. */
export const OTHER_TRANSPORT = "let the system's ssh do it: --ssh-transport openssh";

/** Carries mistakes of ssh_config and of keys from where they are found to where all are told. */
export class SshProblems extends Error {
  override readonly name = 'SshProblems';
  readonly problems: readonly SettingProblem[];
  constructor(problems: readonly SettingProblem[]) {
    super(problems.map(({ place, problem, fix }) => `${place}: ${problem}; ${fix}`).join('\n'));
    this.problems = problems;
  }
}

/** One mistake, to be thrown. */
export function mistake(place: string, problem: string, fix: string): SshProblems {
  return new SshProblems([{ place, problem, fix }]);
}
