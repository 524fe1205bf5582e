import { isObject, sameJson } from './json.ts';

/** Reads what a JSONPath of the kind that CustomResourceDefinitions use picks from a value; nothing for a bad path. */
export type JsonPath = (value: unknown) => readonly unknown[];

/**
 * Understands `.a.b`, `['a']`, `[0]`, `[-1]`, `[*]`, `.*`, `..a`, `[?(@.a=="b")]` and an optional `{…}` around it.
 * @throws Error that names the place of what it does not understand.
 */
export function parseJsonPath(text: string): JsonPath {
  const path = text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  const steps: JsonPath[] = [];
  let at = 0;
  while (at < path.length) {
    const rest = path.slice(at);
    const found = readStep(rest);
    if (found === undefined) throw new Error(`cannot read the JSONPath ${text} from ${JSON.stringify(rest)} on`);
    steps.push(found.step);
    at += found.length;
  }
  return (value) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap((one) => step(one)), [value]);
}

interface Step {
  readonly step: JsonPath;
  readonly length: number;
}

function readStep(text: string): Step | undefined {
  const deep = /^\.\.((?:\\.|[\w-])+)/.exec(text);
  if (deep?.[1] !== undefined) return { step: everywhere(plainName(deep[1])), length: deep[0].length };
  const all = /^(\.\*|\[\*\])/.exec(text);
  if (all !== null) return { step: children, length: all[0].length };
  const name = /^\.?((?:\\.|[\w/-])+)/.exec(text);
  if (name?.[1] !== undefined) return { step: field(plainName(name[1])), length: name[0].length };
  const quoted = /^\.?\[(['"])(.*?)\1\]/.exec(text);
  if (quoted?.[2] !== undefined) return { step: field(plainName(quoted[2])), length: quoted[0].length };
  const index = /^\.?\[(-?\d+)\]/.exec(text);
  if (index?.[1] !== undefined) return { step: item(Number(index[1])), length: index[0].length };
  const filter = /^\.?\[\?\(\s*@(.+?)\s*(==|!=)\s*(.+?)\s*\)\]/.exec(text);
  if (filter === null) return undefined;
  const [whole, path = '', operator, literal = ''] = filter;
  return { step: where(parseJsonPath(path), literalOf(literal), operator === '=='), length: whole.length };
}

function plainName(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function field(name: string): JsonPath {
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []);
}

function item(index: number): JsonPath {
  return (value) => {
    if (!Array.isArray(value)) return [];
    const at = index < 0 ? value.length + index : index;
    return at >= 0 && at < value.length ? [value[at]] : [];
  };
}

const children: JsonPath = (value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []);

function everywhere(name: string): JsonPath {
  const search: JsonPath = (value) => [...field(name)(value), ...children(value).flatMap((child) => search(child))];
  return search;
}

function where(path: JsonPath, literal: unknown, equal: boolean): JsonPath {
  return (value) => children(value).filter((child) => path(child).some((found) => sameJson(found, literal)) === equal);
}

function literalOf(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted?.[2] !== undefined) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
