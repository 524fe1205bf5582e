import { runProgram } from '../command/run.ts';
import { InfraError } from '../errors/errors.ts';
import type { Environment, OwnProcess } from '../model/own-process.ts';
import { mistake, SshProblems } from './problems.ts';
import type { SshName } from './request.ts';

/**
 * Whether this `ssh` can be asked: others of that name, Dropbear's for one, take `-G` for nothing and connect.
 */
export async function isOpenssh(
  program: string,
  { own, signal }: Pick<SshQuestion, 'own' | 'signal'>,
): Promise<boolean> {
  const options = { own, environment: environmentFor(own.environment), signal, withinMs: ANSWER_WITHIN_MS };
  try {
    const { stdout, stderr } = await runProgram({ file: program, args: ['-V'] }, options);
    return /^OpenSSH/m.test(`${stdout}\n${stderr}`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof InfraError) return false;
    throw error;
  }
}

/** How ssh is asked. */
export interface SshQuestion {
  readonly program: string;
  readonly configFile: string | undefined;
  /** The hosts before this one, when they are told: its own ProxyJump and ProxyCommand do not count then. */
  readonly led: string | undefined;
  readonly own: Pick<OwnProcess, 'environment' | 'kill'>;
  readonly signal: AbortSignal;
}

/** The answer of `ssh -G`: every keyword in effect, defaults too. */
export type SshAnswer = ReadonlyMap<string, readonly string[]>;

/** A `Match exec` may ask the network; a configuration that takes longer has hung. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * Asks `ssh -G` what is in effect for a name; undefined when ssh is too old for that, or refuses to work for a user
 * without an entry in the password database. @throws SshProblems when ssh does not like its configuration.
 */
export async function askSsh(name: SshName, question: SshQuestion): Promise<SshAnswer | undefined> {
  const { program, configFile, led, own, signal } = question;
  const args = [
    '-G',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(name.port === undefined ? [] : ['-p', String(name.port)]),
    ...(name.user === undefined ? [] : ['-l', name.user]),
    ...(led === undefined ? [] : ['-J', led]),
    '--',
    name.host,
  ];
  try {
    const environment = environmentFor(own.environment);
    const options = { own, environment, signal, withinMs: ANSWER_WITHIN_MS, what: `ssh -G ${name.host}` };
    const answer = await runProgram({ file: program, args }, options);
    if (answer.code === 0) return readAnswer(answer.stdout);
    if (/^No user exists for uid|(unknown|illegal|invalid) option -- '?G/m.test(answer.stderr)) return undefined;
    const itself = /^jumphost loop via (\S+)/m.exec(answer.stderr)?.[1];
    if (itself === undefined || led !== undefined) throw refusalOf(name, answer);
    // The shortest circle is the only one that ssh sees: it is told with the others, and with its place.
    const rest = await askSsh(name, { ...question, led: 'elsewhere.invalid' });
    return rest && new Map([...rest, ['proxyjump', [itself]]]);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof InfraError)) throw error;
    const fix = 'look at the commands of `Match exec` in ssh_config, or give another one: --ssh-config FILE';
    throw mistake('ssh_config', error.message, fix);
  }
}

/** ssh_config may name any variable, but ours are none of its business. */
function environmentFor(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SEVLANE_')));
}

/** Reads `keyword value` lines. */
export function readAnswer(text: string): SshAnswer {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line.trimEnd()) ?? [];
    if (keyword === undefined || value === undefined) continue;
    const key = keyword.toLowerCase();
    const all = values.get(key) ?? [];
    all.push(...(FILE_LISTS.has(key) ? fileList(value) : [value]));
    values.set(key, all);
  }
  return values;
}

/** Keywords that stand once with several files. */
export const FILE_LISTS: ReadonlySet<string> = new Set([
  'userknownhostsfile',
  'globalknownhostsfile',
  'revokedhostkeys',
]);

/** ssh prints the files of a list without quotes: a piece that begins like no path belongs to the path before it. */
function fileList(value: string): readonly string[] {
  const files: string[] = [];
  for (const piece of value.split(' ')) {
    const last = files.at(-1);
    if (last === undefined || /^[/~]/.test(piece) || piece === 'none') files.push(piece);
    else files[files.length - 1] = `${last} ${piece}`;
  }
  return files.filter((file) => file !== '');
}

function refusalOf(name: SshName, answer: { readonly stderr: string; readonly code: number }): SshProblems {
  const place = `ssh -G ${name.host}`;
  const lines = answer.stderr.split('\n').map((line) => line.trim());
  const told = lines.flatMap((line) => {
    const [, file, number, problem] = /^(\/.+?):? line (\d+):? (.+)$/.exec(line) ?? [];
    if (file === undefined || problem === undefined) return [];
    return [{ place: `${file}:${number}`, problem: problem.replace(/\.$/, ''), fix: 'correct the line' }];
  });
  if (told.length > 0) return new SshProblems(told);
  const word = lines.find((line) => line !== '') ?? `exit status ${answer.code}`;
  return mistake('ssh_config', word, `see what ssh says: ${place}`);
}
