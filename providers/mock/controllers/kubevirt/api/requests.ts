import type { IncomingMessage } from 'node:http';
import { badRequest } from './answers.ts';

/** A request to one subresource of one object. */
export interface SubresourceRequest {
  readonly version: string;
  readonly namespace: string;
  readonly resource: 'virtualmachineinstances' | 'virtualmachines';
  readonly name: string;
  /** e.g. `console`, `sev/setupsession`. */
  readonly subresource: string;
  /** What comes after the subresource, e.g. a port. */
  readonly rest: readonly string[];
}

const PATTERN =
  /^\/apis\/subresources\.kubevirt\.io\/(v1|v1alpha3)\/namespaces\/([^/]+)\/(virtualmachineinstances|virtualmachines)\/([^/]+)\/(.+)$/;

/** Subresources of more than one word; of all others only the first word counts. */
const LONG = /^(sev\/[^/]+|vnc\/screenshot|evacuate\/cancel)/;

/** Takes a path apart; undefined: it is of another form. */
export function readPath(path: string): SubresourceRequest | undefined {
  const match = PATTERN.exec(path);
  if (match === null) return undefined;
  const [, version = '', namespace = '', resource, name = '', tail = ''] = match;
  const subresource = LONG.exec(tail)?.[0] ?? tail.split('/')[0] ?? '';
  const rest = tail
    .slice(subresource.length + 1)
    .split('/')
    .filter(Boolean);
  return { version, namespace, resource: resource as SubresourceRequest['resource'], name, subresource, rest };
}

/** Reads a JSON body; undefined when there is none. @throws SubresourceRefusal 400 for what is no JSON object. */
export async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  if (text.trim() === '') return undefined;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as Readonly<Record<string, unknown>>;
  } catch {
    // Told below.
  }
  throw badRequest('Can not unmarshal Request body to struct, error: invalid character in the body');
}

/** Who asks, as the aggregator passes it on. */
export interface RemoteUser {
  readonly user: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Reads X-Remote-User, X-Remote-Group and X-Remote-Extra-; several values of one stand in one header, after commas. */
export function remoteUser({ headers }: IncomingMessage): RemoteUser {
  const values = (name: string) =>
    [headers[name] ?? []]
      .flat()
      .flatMap((text) => text.split(/, */))
      .filter(Boolean);
  const extra: Record<string, readonly string[]> = {};
  for (const name of Object.keys(headers))
    if (name.startsWith(EXTRA)) extra[decodeURIComponent(name.slice(EXTRA.length))] = values(name);
  return { user: [headers['x-remote-user'] ?? ''].flat()[0] ?? '', groups: values('x-remote-group'), extra };
}

const EXTRA = 'x-remote-extra-';
