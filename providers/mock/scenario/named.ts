import { readdirSync, readFileSync } from 'node:fs';
import { basename, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scenario } from './grammar.ts';
import { nearest } from './pattern.ts';
import { readScenario } from './read.ts';

/** One mistake about a scenario: `place` is `--sim-scenario`, or `file:line:column: field`. */
export interface LoadProblem {
  readonly place: string;
  readonly problem: string;
  readonly fix: string;
}

/** A scenario, or why there is none. */
export type LoadedScenario = { readonly scenario: Scenario } | { readonly problems: readonly LoadProblem[] };

/** Names of the scenarios that come along, sorted. */
export function scenarioNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** Loads a scenario by its name, or from a file when the text looks like a path (has a separator or an extension). */
export function loadScenario(nameOrFile: string): LoadedScenario {
  if (looksLikeFile(nameOrFile)) return loadFile(nameOrFile);
  const names = scenarioNames();
  if (names.includes(nameOrFile)) return loadFile(fileURLToPath(new URL(`${nameOrFile}.yaml`, FOLDER)));
  const near = nearest(nameOrFile, names);
  const question = near === undefined ? '' : `did you mean ${near}? `;
  const fix = `${question}there are ${names.join(', ')}; or name a file, e.g. ./mine.yaml`;
  return { problems: [{ place: '--sim-scenario', problem: `no scenario is called "${nameOrFile}"`, fix }] };
}

// From dist/providers/mock/scenario/ to the folder as it stands in the package: the compiler copies no YAML.
const FOLDER = new URL('../../../../providers/mock/scenarios/', import.meta.url);

function looksLikeFile(text: string): boolean {
  return text.includes('/') || text.includes(sep) || /\.(ya?ml|json)$/.test(text);
}

function loadFile(file: string): LoadedScenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return { problems: [{ place: file, problem: `cannot be read: ${code}`, fix: 'name a file that exists' }] };
  }
  const read = readScenario(text);
  if ('scenario' in read) return read;
  return {
    problems: read.problems.map(({ line, column, place, problem, fix }) => ({
      place: `${file}:${line}:${column}${place === '' ? '' : `: ${place}`}`,
      problem,
      fix,
    })),
  };
}
