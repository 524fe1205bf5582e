import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { SettingProblem } from '../model/setting.ts';
import { shellWord } from '../ssh/shell-word.ts';
import { filesLike } from './glob.ts';
import type { EffectiveConfig } from './host-config.ts';
import { KEYWORD_ALIASES, KEYWORDS } from './keywords.ts';
import { type ConfigWords, readConfigLine, shown } from './lexer.ts';
import { fitsHostLine, judgeMatchLine, type MatchSubject } from './match.ts';
import { fitsList } from './patterns.ts';
import { SshProblems } from './problems.ts';
import type { Account, SshName } from './request.ts';
import { readValue } from './values.ts';

/** A file to read: the user's own, or the system's. */
export interface ConfigFile {
  readonly path: string;
  readonly isSystems: boolean;
  /** A file that the user named must be there. */
  readonly isNamed: boolean;
}

interface Reading {
  readonly name: SshName;
  readonly account: Account;
  readonly values: Map<string, readonly string[]>;
  readonly places: Map<string, string>;
  readonly problems: SettingProblem[];
  bytes: number;
}

interface Block {
  readonly file: ConfigFile;
  readonly depth: number;
  /** False in an Include of a block that does not apply: nothing in it can. */
  readonly mayApply: boolean;
  applies: boolean;
}

const MAX_DEPTH = 16;
/** All files together; real ones have some kilobytes. */
const MAX_BYTES = 1024 * 1024;

/**
 * Evaluates ssh_config for one name without ssh: first value wins, IdentityFile adds up, the user's file comes before
 * the system's. Source: ssh_config(5). @throws SshProblems with file and line.
 */
export async function readConfigFiles(
  { name, account, led }: { readonly name: SshName; readonly account: Account; readonly led: string | undefined },
  files: readonly ConfigFile[],
): Promise<EffectiveConfig> {
  const before = led === undefined ? [] : [['proxyjump', [led]] as const];
  const reading: Reading = { name, account, values: new Map(before), places: new Map(), problems: [], bytes: 0 };
  for (const file of files) await readOne(reading, { file, depth: 0, mayApply: true, applies: true });
  if (reading.problems.length > 0) throw new SshProblems(reading.problems);
  const { values, places } = reading;
  return {
    values,
    placeOf: (keyword) => places.get(keyword) ?? 'ssh_config',
    isSet: (keyword) => values.has(keyword),
    isToldBySsh: false,
  };
}

async function readOne(reading: Reading, block: Block): Promise<void> {
  const { file } = block;
  const fault = (problem: string, fix: string) => void reading.problems.push({ place: file.path, problem, fix });
  const { uid } = reading.account;
  const text = await contentOf(file, { isIncluded: block.depth > 0, uid }, fault);
  if (text === undefined) return;
  reading.bytes += text.length;
  if (reading.bytes > MAX_BYTES) return fault('is too large for an ssh_config', 'give another one: --ssh-config FILE');
  for (const [index, line] of text.split('\n').entries()) {
    const words = readConfigLine(line);
    if (words === undefined) continue;
    const place = `${file.path}:${index + 1}`;
    if ('problem' in words) reading.problems.push({ place, problem: words.problem, fix: 'correct the line' });
    else await obey(reading, block, { ...words, place });
    // Whatever follows from a broken Match or Include would be a guess.
    if (reading.problems.length > 20) return;
  }
}

type PlacedWords = ConfigWords & { readonly place: string };

async function obey(reading: Reading, block: Block, line: PlacedWords): Promise<void> {
  const { keyword, words, place } = line;
  const fault = (problem: string, fix = 'correct the line') => void reading.problems.push({ place, problem, fix });
  if (keyword === 'host') {
    block.applies = block.mayApply && fitsHostLine(subjectOf(reading), words);
    return;
  }
  if (keyword === 'match') {
    const verdict = judgeMatchLine(subjectOf(reading), words);
    block.applies = block.mayApply && 'matches' in verdict && verdict.matches;
    if ('problem' in verdict && (block.mayApply || !verdict.problem.includes('only be evaluated'))) {
      fault(verdict.problem, 'install ssh, or give a file without it: --ssh-config FILE');
    }
    return;
  }
  if (keyword === 'include') return await include(reading, block, line);
  const name = KEYWORD_ALIASES.get(keyword) ?? keyword;
  const kind = KEYWORDS.get(name);
  if (kind === undefined) {
    const ignored = reading.values.get('ignoreunknown')?.[0];
    if (ignored === undefined || !fitsList(keyword, ignored.toLowerCase())) {
      fault(`"${shown(keyword)}" is no keyword of ssh_config`, 'correct it, or name it in IgnoreUnknown');
    }
    return;
  }
  const value = readValue(kind, line);
  if ('problem' in value) return fault(value.problem);
  // In ssh a time of `none` is as if the line were not there: a later one counts.
  const isVoid = kind === 'time' && value.values[0] === 'none';
  if (block.applies && !isVoid) set(reading, name, { values: value.values, adds: kind === 'more', place });
}

interface Assignment {
  readonly values: readonly string[];
  readonly adds: boolean;
  readonly place: string;
}

function set(reading: Reading, keyword: string, { values, adds, place }: Assignment): void {
  const before = reading.values.get(keyword);
  // ProxyJump and ProxyCommand exclude each other: the first one counts.
  const rival = keyword === 'proxyjump' ? 'proxycommand' : keyword === 'proxycommand' ? 'proxyjump' : undefined;
  if (rival !== undefined && reading.values.has(rival)) return;
  if (before === undefined) {
    reading.values.set(keyword, values);
    reading.places.set(keyword, place);
  } else if (adds) {
    reading.values.set(keyword, [...before, ...values]);
  }
}

function subjectOf({ name, account, values }: Reading): MatchSubject {
  const hostName = values.get('hostname')?.[0];
  return {
    originalHost: name.host,
    host: hostName === undefined ? name.host : expandHostName(hostName, name.host),
    user: name.user ?? values.get('user')?.[0] ?? account.name ?? '',
    localUser: account.name ?? '',
  };
}

/** HostName knows `%h`, the name as written, and `%%`. */
export function expandHostName(hostName: string, host: string): string {
  return hostName.replace(/%([h%])/g, (_, token) => (token === 'h' ? host : '%'));
}

async function include(reading: Reading, block: Block, { words, place }: PlacedWords): Promise<void> {
  if (block.depth >= MAX_DEPTH) {
    const problem = `Include goes deeper than ${MAX_DEPTH} files; does a file include itself?`;
    reading.problems.push({ place, problem, fix: 'take one of the Include lines out' });
    return;
  }
  const { isSystems } = block.file;
  for (const word of words) {
    for (const path of await filesLike(absolute(word, isSystems, reading.account))) {
      // The block around it goes on as it was, whatever Host and Match lines the file has.
      const inner = { file: { path, isSystems, isNamed: false }, depth: block.depth + 1, mayApply: block.applies };
      await readOne(reading, { ...inner, applies: block.applies });
      if (reading.problems.length > 0) return;
    }
  }
}

function absolute(word: string, isSystems: boolean, { home }: Account): string {
  if (word.startsWith('~/')) return join(home, word.slice(2));
  if (isAbsolute(word)) return word;
  return join(isSystems ? '/etc/ssh' : join(home, '.ssh'), word);
}

/** As ssh: a file of the user that others may write is not trusted. */
async function contentOf(
  { path, isNamed, isSystems }: ConfigFile,
  { isIncluded, uid: own }: { readonly isIncluded: boolean; readonly uid: number },
  fault: (problem: string, fix: string) => void,
): Promise<string | undefined> {
  try {
    const { uid, mode, size } = await stat(path);
    if ((isIncluded || (!isSystems && !isNamed)) && ((uid !== 0 && uid !== own) || (mode & 0o022) !== 0)) {
      return void fault(
        'can be written by others, or belongs to somebody else',
        `chmod go-w ${shellWord(path)}, and own it`,
      );
    }
    if (size > MAX_BYTES) return void fault('is too large for an ssh_config', 'give another one: --ssh-config FILE');
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' && !isNamed) return undefined;
    return void fault(code === 'ENOENT' ? 'does not exist' : 'cannot be read', 'check --ssh-config and the file mode');
  }
}
