import { type Document, isMap, isNode, LineCounter, type Node, parseDocument } from 'yaml';
import { COMMON, FAULTS, type Scenario, ScenarioFile } from './grammar.ts';
import { type Mistake, mistakesOf, type Path } from './mistakes.ts';
import { nearest } from './pattern.ts';

/** One mistake in a scenario file: `line` and `column` count from 1, `place` is like `faults[0].connection`. */
export interface ScenarioProblem {
  readonly line: number;
  readonly column: number;
  readonly place: string;
  readonly problem: string;
  readonly fix: string;
}

/** A scenario, or everything that is wrong with its text. */
export type ReadScenario = { readonly scenario: Scenario } | { readonly problems: readonly ScenarioProblem[] };

/** Reads a scenario in YAML or JSON. Pure; all mistakes at once. */
export function readScenario(text: string): ReadScenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    return { problems: document.errors.map((error) => syntaxProblem(error, lines)) };
  }
  const content: unknown = document.toJS();
  const mistakes = findMistakes(content);
  if (mistakes.length > 0) {
    return { problems: mistakes.map((mistake) => placed(mistake, document, lines)).sort(byPosition) };
  }
  return { scenario: content as Scenario };
}

function findMistakes(content: unknown): readonly Mistake[] {
  const faults = isRecord(content) && Array.isArray(content.faults) ? content.faults : [];
  // The faults are looked at one by one: their subject says which rules apply, a union could only say "no match".
  const shell = isRecord(content) && faults.length > 0 ? { ...content, faults: [] } : content;
  return [...mistakesOf(ScenarioFile, shell, []), ...faults.flatMap((fault, index) => faultMistakes(fault, index))];
}

const SUBJECTS = Object.keys(FAULTS) as readonly (keyof typeof FAULTS)[];

/** The fields by which faults of the API and of the connection come in variants. */
const VARIANTS: readonly string[] = ['answer', 'connection'];

function faultMistakes(fault: unknown, index: number): readonly Mistake[] {
  const path = ['faults', index];
  if (!isRecord(fault)) {
    return [{ path, problem: 'is no mapping', fix: `name a subject: ${SUBJECTS.join(', ')}` }];
  }
  const subjects = SUBJECTS.filter((subject) => subject in fault);
  const [subject, other] = subjects;
  if (subject === undefined) {
    const guess = Object.keys(fault)
      .map((key) => nearest(key, SUBJECTS))
      .find((near) => near !== undefined);
    const fix = guess === undefined ? `name one of ${SUBJECTS.join(', ')}` : `did you mean ${guess}?`;
    return [{ path, problem: 'has no subject', fix }];
  }
  if (other !== undefined) {
    return [
      { path, problem: `has ${subjects.length} subjects, ${subjects.join(' and ')}`, fix: 'make a fault of each' },
    ];
  }
  const mistakes = mistakesOf(FAULTS[subject], fault, path);
  // What tells the variants of a fault apart is wrong itself: what they have in common can still be looked at.
  const undecided = mistakes.some((mistake) => VARIANTS.includes(mistake.path.slice(2).join('.')));
  const rest = undecided ? mistakesOf(COMMON[subject === 'api' ? 'api' : 'connection'], fault, path) : [];
  return [...mistakes, ...rest, ...triggerMistakes(subject, fault, path)];
}

function triggerMistakes(subject: string, fault: Record<string, unknown>, path: Path): readonly Mistake[] {
  const when = fault.when;
  if (!isRecord(when) || when.nth === undefined || when.event !== undefined) return [];
  if (subject === 'api' || subject === 'connection') return [];
  return [
    {
      path: [...path, 'when', 'nth'],
      problem: `counts requests or connections, which a fault of a ${subject} has not`,
      fix: 'add the event that is counted',
    },
  ];
}

function placed({ path, problem, fix }: Mistake, document: Document, lines: LineCounter): ScenarioProblem {
  const { line, col } = lines.linePos(offsetOf(document, path));
  return { line, column: col, place: placeText(path), problem, fix };
}

/** Where the path's last key stands, or as near as the text goes. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === String(key));
      if (pair !== undefined) return startOf(pair.key as Node);
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return startOf(node);
  }
  return isNode(document.contents) ? startOf(document.contents) : 0;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function syntaxProblem(error: { message: string; pos: [number, number] }, lines: LineCounter): ScenarioProblem {
  const { line, col } = lines.linePos(error.pos[0]);
  const [problem = ''] = error.message.split(/ at line \d+| \(line \d+|\n/);
  return { line, column: col, place: '', problem, fix: 'write YAML or JSON' };
}

function placeText(path: Path): string {
  return path.reduce<string>((place, step) => {
    if (typeof step === 'number') return `${place}[${step}]`;
    return place === '' ? step : `${place}.${step}`;
  }, '');
}

function byPosition(a: ScenarioProblem, b: ScenarioProblem): number {
  return a.line - b.line || a.column - b.column;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
