import type { ApiFaultRow } from './grammar.ts';
import { readScenario } from './read.ts';

/** A fault that was added, by its number, or what is wrong with it. */
export type AddedFault = { readonly id: number } | { readonly problems: readonly string[] };

/** Faults that come and go while the host runs. */
export interface LiveFaults {
  /** A fault of `api` as it stands in a scenario, in YAML or JSON; it comes after those of the scenario. */
  add(text: string): AddedFault;
  /** Takes one away, or all that were added; how many there were. What is held already stays so. */
  remove(id?: number): number;
}

/** Reads a single fault of the API, with the words in which a scenario file would be judged. */
export function readApiFault(text: string): { readonly fault: ApiFaultRow } | { readonly problems: readonly string[] } {
  const read = readScenario(`name: live\ndescription: live\nfaults:\n- ${text.trimEnd().replaceAll('\n', '\n  ')}\n`);
  if ('problems' in read)
    return { problems: read.problems.map(({ place, problem, fix }) => `${place}: ${problem}; ${fix}`) };
  const [fault] = read.scenario.faults;
  if (fault !== undefined && 'api' in fault) return { fault };
  return { problems: ['only a fault of api can be added to a host that runs'] };
}
