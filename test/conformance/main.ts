import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './apiserver.ts';

// Compiled files lie in dist/test/conformance; recordings beside the project.
const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const VECTORS = join(PROJECT, '..', 'shared', 'vectors');

type Replay = (folder: string) => Promise<readonly Verdict[] | undefined>;

const HALVES: readonly {
  readonly title: string;
  readonly module: string;
  readonly entry: string;
  readonly folder: string;
}[] = [
  { title: 'Kubernetes API', module: './apiserver.js', entry: 'replayApiServer', folder: join(VECTORS, 'apiserver') },
  { title: 'KubeVirt', module: './kubevirt.js', entry: 'replayKubeVirt', folder: join(VECTORS, 'kubevirt') },
  {
    title: 'KubeVirt at work',
    module: './kubevirt-live.js',
    entry: 'replayKubeVirtLive',
    folder: join(VECTORS, 'kubevirt-live'),
  },
  {
    title: 'KubeVirt launch',
    module: './kubevirt-launch.js',
    entry: 'replayKubevirtLaunch',
    folder: join(VECTORS, 'kubevirt'),
  },
];

const list = process.argv.includes('--list');
for (const half of HALVES) report(half.title, await run(half.module, half.entry, half.folder));

/** A half whose module or recordings are absent is told and passed over. */
async function run(module: string, entry: string, folder: string): Promise<readonly Verdict[] | undefined> {
  const loaded: unknown = await import(module).catch((error: { code?: string }) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  const replay = (loaded as Readonly<Record<string, Replay>> | undefined)?.[entry];
  return replay === undefined ? undefined : await replay(folder);
}

function report(title: string, verdicts: readonly Verdict[] | undefined): void {
  if (verdicts === undefined) {
    print(`${title}: no recordings here, nothing compared`);
    return;
  }
  const groups = [...new Set(verdicts.map(({ group }) => group))];
  for (const group of groups) {
    const own = verdicts.filter((verdict) => verdict.group === group);
    print(`${title} ${group}: ${agreed(own)} / ${own.length}`);
  }
  if (list) for (const verdict of verdicts) tell(verdict);
  // Descriptions are sentences of the Kubernetes project, which this one does not copy.
  const prose = verdicts.filter(
    ({ differences: all }) => all.length > 0 && all.every((one) => one.includes('.description: ')),
  );
  if (prose.length > 0) print(`${title}: ${prose.length} more differ in nothing but descriptions`);
  print(`${title}: ${agreed(verdicts)} / ${verdicts.length} answers agree`);
}

function agreed(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ differences }) => differences.length === 0).length;
}

function tell({ group, name, differences }: Verdict): void {
  if (differences.length === 0) return;
  print(`  ${group}/${name}`);
  for (const difference of differences.slice(0, 6)) print(`      ${difference}`);
  if (differences.length > 6) print(`      and ${differences.length - 6} more`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
