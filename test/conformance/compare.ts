import { masked } from './masks.ts';
import type { Answer, Recording } from './recording.ts';

/** What an answer has otherwise than the recording, one line a difference; none if they agree. */
export function differences(recording: Recording, answer: Answer): readonly string[] {
  const wanted = masked(recording.response);
  const got = masked({ ...answer, body: extracted(recording.response.body, answer.body) });
  const order = UNORDERED.has(`${recording.group}/${recording.name}`) ? unordered : same;
  return [
    ...differing('status', wanted.status, got.status),
    ...differing('headers', wanted.headers, got.headers),
    ...differing('body', order(wanted.body), order(got.body)),
  ];
}

// Two recordings of the real server differ in these by order only.
const UNORDERED = new Set(['cr/several', 'auth/rules-review-alice']);

function same(value: unknown): unknown {
  return value;
}

function unordered(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? [...value].sort().join('') : value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unordered(part)]));
}

type Json = Readonly<Record<string, unknown>>;

// Of large answers only an extract was kept; the same is taken from ours.
function extracted(recorded: unknown, body: unknown): unknown {
  const summary = isObject(recorded) ? recorded._summary : undefined;
  if (!isObject(summary) || !isObject(body)) return body;
  return { _summary: Object.fromEntries(Object.keys(summary).map((key) => [key, extract(key, summary[key], body)])) };
}

function extract(key: string, recorded: unknown, body: Json): unknown {
  const items = (body.items ?? []) as readonly {
    readonly metadata: { readonly name: string; readonly namespace?: string };
  }[];
  if (key === 'names')
    return items.map(({ metadata }) => (metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name));
  if (key === 'groups') return items.map(({ metadata }) => metadata.name);
  if (key === 'paths') return sized(recorded, Object.keys((body.paths ?? {}) as Json).sort());
  const schemas = at(body, 'components', 'schemas');
  if (key === 'schemas') return Object.keys((schemas ?? {}) as Json).sort();
  if (key === 'definitions') return Object.keys((body.definitions ?? {}) as Json).length;
  if (key === 'widget') return at(schemas, 'io.sevlane.lab.v1.Widget');
  if (key === 'configMap') return at(schemas, 'io.k8s.api.core.v1.ConfigMap');
  return body[key];
}

function sized(recorded: unknown, list: readonly string[]): unknown {
  return typeof recorded === 'number' ? list.length : list;
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) found = isObject(found) ? found[key] : undefined;
  return found;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function differing(path: string, wanted: unknown, got: unknown): readonly string[] {
  if (Array.isArray(wanted) && Array.isArray(got)) {
    const longest = Math.max(wanted.length, got.length);
    return Array.from({ length: longest }, (_, index) =>
      differing(`${path}[${index}]`, wanted[index], got[index]),
    ).flat();
  }
  if (isObject(wanted) && isObject(got)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(got)])];
    return keys.flatMap((key) => differing(`${path}.${key}`, wanted[key], got[key]));
  }
  const [a, b] = [JSON.stringify(wanted), JSON.stringify(got)];
  return a === b ? [] : [`${path}: wanted ${short(a)}, got ${short(b)}`];
}

function short(text: string | undefined): string {
  const shown = text ?? 'nothing';
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown;
}
