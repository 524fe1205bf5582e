import { nearest } from './config/nearest.ts';
import type { Resolution } from './config/resolve.ts';
import { problemsText } from './config/show.ts';
import { toFinding } from './errors/blame.ts';
import { Interrupted, LaneError, UsageError } from './errors/errors.ts';
import { exitCode } from './errors/exit-code.ts';
import type { Redactor } from './evidence/redact.ts';
import type { SettingProblem } from './model/setting.ts';
import type { ProviderFactory, Surroundings } from './provider/contract.ts';
import type { ToolCommand } from './tools/command.ts';
import type { SplitWords } from './tools/words.ts';

/** Words for stderr and the exit code that goes with them. */
export interface Refusal {
  readonly text: string;
  readonly exitCode: number;
}

interface Wanted {
  readonly resolution: Resolution;
  readonly factory: ProviderFactory | undefined;
  readonly surroundings: Surroundings;
}

/** The mistakes of the settings, and those that only the provider can see and that do not follow from them. */
export async function allProblems({ resolution, factory, surroundings }: Wanted): Promise<readonly SettingProblem[]> {
  const problems = resolution.ok ? [] : resolution.problems;
  const more = (await factory?.check(resolution.values, surroundings)) ?? [];
  return [...problems, ...more.filter(({ place }) => !resolution.refused.has(place.replace(/^--/, '')))];
}

/** The same for a command beside the run: where no node is worked on, only what was typed has to be right. */
export async function toolProblems(
  { needsNode }: ToolCommand,
  { split, ...wanted }: Wanted & { readonly split: SplitWords },
): Promise<readonly SettingProblem[]> {
  // What is wrong with words of the command is its own affair: runTool says what has to stand before it.
  if (!split.isSeparated) return [];
  if (needsNode(split.words)) return await allProblems(wanted);
  const problems = wanted.resolution.ok ? [] : wanted.resolution.problems;
  return problems.filter(({ place }) => place.startsWith('--') && place !== '--provider');
}

/** What is said of mistakes in the settings. */
export function refusalOfSettings(problems: readonly SettingProblem[]): Refusal {
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  const text = `usage: ${count} in the settings\n${problemsText(problems)}`;
  return { text, exitCode: exitCode([toFinding(new UsageError(''), '')]) };
}

/** The first word is no command. A setting in its place wants one in front. */
export function unknownCommand(name: string, commands: readonly { readonly name: string }[]): UsageError {
  if (name.startsWith('-')) {
    return new UsageError(`a command has to stand before "${name}"`, {
      hint: 'write sevlane <command> [settings], e.g. sevlane doctor; see sevlane --help',
    });
  }
  const near = nearest(
    name,
    commands.map((each) => each.name),
  );
  const hint = near === undefined ? 'see sevlane --help' : `did you mean sevlane ${near}?`;
  return new UsageError(`"${name}" is no command`, { hint });
}

/** The last words about an error that no report can hold. */
export function lastWords(error: unknown, redactor: Redactor): Refusal {
  const finding = toFinding(error, 'sevlane');
  const word = error instanceof LaneError ? finding.blame : 'sevlane bug';
  const lines = [`${word}: ${finding.message}`, finding.hint, finding.stack, ''];
  return {
    text: redactor.redact(lines.filter((line) => line !== undefined).join('\n')),
    exitCode: exitCode([finding], error instanceof Interrupted ? error.signalName : undefined),
  };
}
