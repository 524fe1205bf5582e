import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import {
  isRecovery,
  type Measured,
  median,
  PATHS,
  type PathName,
  RECOVERIES,
  ROW_NAMES,
  ROWS,
  type RowName,
  type Samples,
  WAYS,
  type WayName,
} from './rows.ts';

/** One row over one path: the medians, and what the target asks. */
export interface Judged {
  readonly path: PathName;
  readonly row: RowName;
  readonly medians: Partial<Record<WayName, number>>;
  /** Lane to `ssh -L`; of recoveries to the median of `ssh -L` over the three kinds, as the targets have it. */
  readonly ratio: number;
  readonly target: number;
  readonly isMet: boolean;
  /** Of a recovery: to `ssh -L` after the same kind of cut. */
  readonly sameKindRatio?: number;
}

/** A whole run, as it is written down: no name of a host, no path of a file. */
export interface Results {
  readonly date: string;
  readonly machine: { readonly cores: number; readonly node: string; readonly openssh: string };
  readonly isQuick: boolean;
  readonly paths: readonly {
    readonly name: PathName;
    readonly made: string;
    readonly roundTripMs: number;
  }[];
  readonly rows: readonly Judged[];
  readonly skipped: readonly string[];
  readonly samples: Partial<Record<PathName, Samples>>;
}

/** The medians of all rounds, and the ratios of them. */
export function judge({ path, samples }: Measured): Judged[] {
  const medianOf = (way: WayName, row: RowName) => {
    const values = samples[way]?.[row];
    return values === undefined ? undefined : median(values);
  };
  const supervised = median(RECOVERIES.map((row) => medianOf('ssh -L', row) ?? Number.NaN));
  return ROW_NAMES.flatMap((row) => {
    const medians = Object.fromEntries(
      WAYS.flatMap((way) => {
        const value = medianOf(way, row);
        return value === undefined ? [] : [[way, rounded(value)]];
      }),
    );
    const [ours, theirs] = [medianOf('lane', row), medianOf('ssh -L', row)];
    if (ours === undefined || theirs === undefined) return [];
    const ratio = rounded(ours / (isRecovery(row) ? supervised : theirs));
    const { better, targets } = ROWS[row];
    const target = targets[path];
    const isMet = better === 'less' ? ratio <= target : ratio >= target;
    const sameKind = isRecovery(row) ? { sameKindRatio: rounded(ours / theirs) } : {};
    return [{ path, row, medians, ratio, target, isMet, ...sameKind }];
  });
}

/** What the figures depend on, and nothing that names the machine. */
export function machine(): Results['machine'] {
  let openssh = 'unknown';
  try {
    // `ssh -V` speaks on standard error.
    openssh =
      execFileSync('sh', ['-c', 'ssh -V 2>&1'], { encoding: 'utf8', timeout: 5000 }).split(/[ ,]/)[0] ?? openssh;
  } catch {
    // Without ssh nothing is measured anyway.
  }
  return { cores: availableParallelism(), node: process.version, openssh };
}

/** The results as a page of Markdown, which a terminal shows as well. */
export function page(results: Results): string {
  const { cores, node, openssh } = results.machine;
  const lines = [
    '# The lane against `ssh -L`',
    '',
    `Measured ${results.date.slice(0, 10)} on ${cores} cores, Node ${node}, ${openssh}${results.isQuick ? ', with `--quick`' : ''}.`,
    'Medians of interleaved rounds in one run; the machine may have been busy, so read the ratios. `ssh -L` stands for',
    '`ssh -N -L` with its defaults and a keep-alive agent of its own; direct is TLS without any tunnel, the limit.',
  ];
  for (const name of PATHS) {
    const rows = results.rows.filter(({ path }) => path === name);
    const line = results.paths.find((path) => path.name === name);
    if (rows.length === 0 || line === undefined) continue;
    lines.push('', `## ${name} (${line.made}; round trip ${line.roundTripMs} ms)`, '');
    lines.push(...table(['row', 'unit', ...WAYS, 'lane / ssh -L', 'target', 'met'], rows.map(cells)));
  }
  lines.push(
    '',
    'Recoveries count from the cut until the next request is answered, against `ssh -L` with ServerAliveInterval 1 x 3',
    'that is started again at once. Their ratio is to the median of `ssh -L` over the three kinds of cuts; in brackets,',
    'not judged: to `ssh -L` after the same kind. The list by client-node goes over the shared agent of the lane, and over',
    "client-node's own agents through `ssh -L`. Events are of 3 kB and 5 ms apart.",
  );
  const missed = results.rows.filter(({ isMet }) => !isMet);
  lines.push('', `${results.rows.length - missed.length} of ${results.rows.length} targets met.`);
  lines.push(...missed.map(miss));
  for (const words of results.skipped) lines.push(`- skipped: ${words}.`);
  return `${lines.join('\n')}\n`;
}

/** With its reason, and what would be left if the tunnel cost nothing at all. */
function miss({ path, row, medians: { direct, 'ssh -L': theirs }, ratio, target }: Judged): string {
  const { title, bounds } = ROWS[row];
  const limit = direct === undefined || theirs === undefined ? '' : ` (without any tunnel ${rounded(direct / theirs)})`;
  return `- not met over ${path}: ${title}, ${ratio}${limit} where ${bound(row, target)} is asked: ${bounds}.`;
}

function cells({ row, medians, ratio, target, isMet, sameKindRatio }: Judged): string[] {
  const { title, unit } = ROWS[row];
  const values = WAYS.map((way) => (medians[way] === undefined ? '' : String(medians[way])));
  const ratios = sameKindRatio === undefined ? String(ratio) : `${ratio} (${sameKindRatio})`;
  return [title, unit, ...values, ratios, bound(row, target), isMet ? 'yes' : '**no**'];
}

function bound(row: RowName, target: number): string {
  return `${ROWS[row].better === 'less' ? '<=' : '>='} ${target}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cellsOf: readonly string[]) =>
    `| ${cellsOf.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column < 2 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)];
}

/** Three digits are what a median of this kind can bear. */
export function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
