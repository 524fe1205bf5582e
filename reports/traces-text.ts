import type { Report } from '../harness/model/report.ts';
import type { Difference } from '../harness/model/traces.ts';
import { REPORT_JSON } from './names.ts';

type Line = readonly [label: string, text: string];

const MOST_TOLD = 3;

/** What the run left, in few lines: nothing when the cluster is as it was found. Leftovers of ours are told as trouble. */
export function tracesLines({ traces }: Pick<Report, 'traces'>): readonly Line[] {
  if (traces === undefined) return [];
  const { differences, forced, left, leftBecause, howToLook, notCompared } = traces;
  const others = differences.filter(({ whose }) => whose === "others'");
  const kubevirts = differences.filter(({ whose }) => whose === "KubeVirt's");
  return [
    ...lineOf(
      'left',
      left,
      (what) => `${what}: ${leftBecause ?? 'no reason given'}; the next run sweeps it, as does sevlane clean`,
    ),
    ...howToLook.map((line): Line => ['look inside', line]),
    ...lineOf('by force', forced, (what) => what),
    ...lineOf('by others', others.map(difference), (what) => `changed meanwhile: ${what}`),
    ...lineOf('stays', kubevirts.map(difference), (what) => `KubeVirt leaves it on the host: ${what}`),
    ...lineOf('not compared', notCompared, (what) => what),
  ];
}

function lineOf(label: string, all: readonly string[], words: (what: string) => string): readonly Line[] {
  if (all.length === 0) return [];
  const more = all.length - MOST_TOLD;
  const what = `${all.slice(0, MOST_TOLD).join('; ')}${more > 0 ? `; and ${more} more: see ${REPORT_JSON}` : ''}`;
  return [[label, words(what)]];
}

function difference({ how, what, fields }: Difference): string {
  return fields.length === 0 ? `${what} ${how}` : `${what} (${fields[0]}${fields.length > 1 ? ', ...' : ''})`;
}
