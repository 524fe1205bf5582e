import { StringDecoder } from 'node:string_decoder';
import { InfraError } from '../errors/errors.ts';
import { brief, type KubeError, kubeError } from './errors.ts';
import type { KubeObject } from './objects.ts';

/** One event of a watch that is not an error. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

/**
 * The events of a watch's body, wherever its chunks are cut. Ends when the server ends it.
 * @throws KubeError for an ERROR event, InfraError for a line that is no event.
 */
export async function* watchEvents(body: AsyncIterable<Buffer>, what: string): AsyncGenerator<WatchEvent, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield readEvent(line, what);
  }
  if (rest.trim() !== '') throw new InfraError(`${what}: the watch was cut in the middle of an event`);
}

function readEvent(line: string, what: string): WatchEvent {
  let event: { readonly type?: unknown; readonly object?: KubeObject & { readonly code?: unknown } };
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new InfraError(`${what}: a line of the watch is not JSON: ${brief(line)}`, { cause });
  }
  const { type, object } = event;
  if (type === 'ERROR') throw errorEvent(what, object);
  const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (!known || typeof object?.metadata !== 'object') {
    throw new InfraError(`${what}: a line of the watch is no event: ${brief(line)}`);
  }
  return { type, object };
}

function errorEvent(what: string, status: { readonly code?: unknown } | undefined): KubeError {
  return kubeError(what, typeof status?.code === 'number' ? status.code : 500, JSON.stringify(status ?? {}));
}
