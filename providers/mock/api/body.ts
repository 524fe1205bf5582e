import { isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import { parseJson } from './json-parse.ts';

/** A decoded body. */
export interface DecodedBody {
  readonly value: unknown;
  /** Paths of fields that stood there more than once, e.g. `data.a`. The last one counts. */
  readonly duplicates: readonly string[];
}

/** Decodes a JSON or YAML body. @throws BodyError in the words of a real API server. */
export function decodeBody(bytes: Buffer, mediaType: string): DecodedBody {
  const text = bytes.toString('utf8');
  return mediaType.includes('yaml') ? decodeYaml(text) : decodeJson(text);
}

/** A body that cannot be read. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
}

function decodeJson(text: string): DecodedBody {
  const duplicates: string[] = [];
  try {
    return { value: parseJson(text, (path) => duplicates.push(path)), duplicates };
  } catch (error) {
    throw new BodyError(error instanceof Error ? error.message : String(error));
  }
}

// Go's YAML reads no times and no sets.
const NOT_IN_GO = new Set(['timestamp', 'set', 'omap', 'pairs', 'binary']);

function decodeYaml(text: string): DecodedBody {
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    customTags: (tags) =>
      tags.filter((tag) => !NOT_IN_GO.has(typeof tag === 'string' ? tag : tag.tag.replace('tag:yaml.org,2002:', ''))),
  });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    const what = problem.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? problem.code;
    throw new BodyError(`error converting YAML to JSON: yaml: ${line === undefined ? '' : `line ${line}: `}${what}`);
  }
  return { value: document.toJS() ?? null, duplicates: repeatedKeys(document.contents, '') };
}

function repeatedKeys(node: unknown, path: string): readonly string[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => repeatedKeys(item, `${path}[${index}]`));
  if (!isMap(node)) return [];
  const seen = new Set<string>();
  return node.items.flatMap((pair) => {
    if (!isPair(pair)) return [];
    const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const below = path === '' ? name : `${path}.${name}`;
    const repeated = seen.has(name) ? [below] : [];
    seen.add(name);
    return [...repeatedKeys(pair.value, below), ...repeated];
  });
}
