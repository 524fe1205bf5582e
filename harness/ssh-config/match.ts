import { fitsAny, fitsList } from './patterns.ts';

/** What Host and Match lines look at; it changes while the files are read. */
export interface MatchSubject {
  /** The name as written on the command line. */
  readonly originalHost: string;
  /** HostName so far, or the name. */
  readonly host: string;
  /** User so far, or who runs this. */
  readonly user: string;
  readonly localUser: string;
}

/** What a Match line says of the subject, or why that cannot be told. */
export type MatchVerdict = { readonly matches: boolean } | { readonly problem: string };

/** Whether a Host line speaks of the name. */
export function fitsHostLine(subject: MatchSubject, patterns: readonly string[]): boolean {
  return fitsAny(subject.originalHost, patterns);
}

const FLAGS: ReadonlySet<string> = new Set(['all', 'canonical', 'final']);
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...[
    'host',
    'originalhost',
    'user',
    'localuser',
    'exec',
    'localnetwork',
    'tagged',
    'version',
    'command',
    'sessiontype',
  ],
]);

/**
 * Evaluates host, originalhost, user, localuser and all. Any other criterion is a problem, but only where the rest of
 * the line holds: it could not change anything otherwise.
 */
export function judgeMatchLine(subject: MatchSubject, words: readonly string[]): MatchVerdict {
  const rest = words.flatMap((word) => {
    const [, criterion, value] = /^(!?[a-z]+)=(.*)$/i.exec(word) ?? [];
    return criterion === undefined || value === undefined ? [word] : [criterion, value];
  });
  let matches = true;
  let unknown: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const isNegated = word.startsWith('!');
    const criterion = word.replace(/^!/, '').toLowerCase();
    if (criterion === 'all') {
      return words.length === 1 && !isNegated ? { matches: true } : { problem: '"all" stands beside other criteria' };
    }
    if (FLAGS.has(criterion)) {
      unknown ??= criterion;
      continue;
    }
    const value = WITH_VALUE.has(criterion) ? rest.shift() : undefined;
    if (!WITH_VALUE.has(criterion)) return { problem: `"${criterion}" is no criterion of Match` };
    if (value === undefined || value === '') return { problem: `Match ${criterion} has no value` };
    const holds = judge(subject, criterion, value);
    if (holds === undefined) unknown ??= criterion;
    else if (holds === isNegated) matches = false;
  }
  if (!matches || unknown === undefined) return { matches };
  return { problem: `Match ${unknown} can only be evaluated by ssh, which is not installed here` };
}

/** Undefined: not one that is evaluated here. */
function judge(subject: MatchSubject, criterion: string, value: string): boolean | undefined {
  switch (criterion) {
    case 'host':
      return fitsList(subject.host.toLowerCase(), value.toLowerCase());
    case 'originalhost':
      return fitsList(subject.originalHost.toLowerCase(), value.toLowerCase());
    case 'user':
      return fitsList(subject.user, value);
    case 'localuser':
      return fitsList(subject.localUser, value);
    default:
      return undefined;
  }
}
