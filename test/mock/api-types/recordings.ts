import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { typesOfCrd } from '../../../providers/mock/api/crd.ts';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { ResourceType } from '../../../providers/mock/api/resource-type.ts';

const FOLDER = '../shared/vectors/apiserver';

/** What stands for every recorded time. */
export const RECORDED_TIME = '2030-01-01T00:00:00Z';

/** One request to a real API server and its answer. */
export interface Recording {
  readonly n: number;
  readonly group: string;
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body: unknown;
  };
}

/** True where the recordings are at hand. */
export const recordingsHere = existsSync(FOLDER);

/** All recordings, in the order in which they were made. */
export function recordings(): readonly Recording[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d+-.*\.json$/.test(name))
    .sort()
    .map((name) => read(readFileSync(`${FOLDER}/${name}`, 'utf8')));
}

// Masked times become one real time, so that they can be read and sorted.
function read(text: string): Recording {
  return JSON.parse(text.replaceAll('"<time>"', `"${RECORDED_TIME}"`).replaceAll('<rand>', 'x7k2q')) as Recording;
}

/** The recording with a number. */
export function recording(n: number): Recording {
  const found = recordings().find((one) => one.n === n);
  if (found === undefined) throw new Error(`no recording ${n}`);
  return found;
}

/** The resource that a path asks for. */
export function resourceOf(path: string):
  | {
      readonly plural: string;
      readonly group: string;
      readonly version: string;
      readonly name: string;
      readonly subresource: string;
      readonly namespace: string;
    }
  | undefined {
  const [bare = ''] = path.split('?');
  const parts = bare.split('/').filter((part) => part !== '');
  const [root, ...rest] = parts;
  if (root !== 'api' && root !== 'apis') return undefined;
  const [group, version] = root === 'api' ? ['', rest[0] ?? ''] : [rest[0] ?? '', rest[1] ?? ''];
  const below = rest.slice(root === 'api' ? 1 : 2);
  const scoped = below[0] === 'namespaces' && below.length > 2 && !['status', 'finalize'].includes(below[2] ?? '');
  const [plural = '', name = '', subresource = ''] = scoped ? below.slice(2) : below;
  return { group, version, plural, name, subresource, namespace: scoped ? (below[1] ?? '') : '' };
}

/** The type of a recording's resource, built-in or the one recorded custom one. */
export function typeOf(one: Recording): ResourceType | undefined {
  const wanted = resourceOf(one.request.path);
  return [...builtinTypes(), ...customTypes()].find(
    (type) => type.group === wanted?.group && type.version === wanted.version && type.plural === wanted.plural,
  );
}

let widgets: readonly ResourceType[] | undefined;

function customTypes(): readonly ResourceType[] {
  widgets ??= typesOfCrd(answered(recording(130))).types;
  return widgets;
}

/** The object in a recorded answer. */
export function answered(one: Recording): KubeObject {
  return one.response.body as KubeObject;
}

/** Causes of a recorded refusal. */
export function recordedCauses(one: Recording): readonly unknown[] {
  const { details } = one.response.body as { readonly details?: { readonly causes?: readonly unknown[] } };
  return details?.causes ?? [];
}
