import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Backend } from './backends.ts';
import { groupVersion } from './groups.ts';
import { isObject } from './json.ts';
import { at } from './request.ts';

/** One resource as an extension server lists it; subresources are `parent/name`. */
interface ListedResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** A group and version that an extension server answers for. */
export interface DelegatedVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ListedResource[];
}

/** Asks an extension server what it serves; undefined if its answer is no list of resources. */
export async function askResources(
  backend: Backend,
  group: string,
  version: string,
): Promise<DelegatedVersion | undefined> {
  const text = await plainGet(backend, `/apis/${group}/${version}`);
  try {
    const listed = at(JSON.parse(text), 'resources');
    if (!Array.isArray(listed)) return undefined;
    return { group, version, resources: listed.filter((one) => isObject(one) && typeof one.name === 'string') };
  } catch {
    return undefined;
  }
}

const LONGEST_ANSWER_MS = 5000;

// The server's own question, with no connection under it: the answer is caught before it would be framed.
function plainGet(backend: Backend, path: string): Promise<string> {
  return new Promise((resolve) => {
    const request = new IncomingMessage(new Socket());
    const headers = {
      accept: 'application/json',
      'x-remote-user': 'system:aggregator',
      'x-remote-group': 'system:masters',
    };
    Object.assign(request, { method: 'GET', url: path, headers, complete: true });
    request.push(null);
    const parts: Buffer[] = [];
    const keep = (chunk: unknown) => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) parts.push(Buffer.from(chunk as string));
      return true;
    };
    const end = (chunk?: unknown) => {
      clearTimeout(timer);
      keep(chunk);
      resolve(Buffer.concat(parts).toString('utf8'));
    };
    const timer = setTimeout(end, LONGEST_ANSWER_MS);
    backend.serve?.(request, Object.assign(new ServerResponse(request), { write: keep, end }));
    if (backend.serve === undefined) end();
  });
}

/** Entries of `/apis` for delegated groups. */
export function delegatedGroups(versions: readonly DelegatedVersion[]) {
  return groupsOf(versions).map(([name, own]) => {
    const entries = own.map(({ version }) => ({ groupVersion: groupVersion(name, version), version }));
    return { name, versions: entries, preferredVersion: entries[0] };
  });
}

/** Items of the aggregated document for delegated groups. */
export function delegatedItems(versions: readonly DelegatedVersion[]) {
  return groupsOf(versions).map(([name, own]) => ({
    metadata: { name },
    versions: own.map((one) => ({ version: one.version, resources: aggregated(one), freshness: 'Current' })),
  }));
}

function groupsOf(versions: readonly DelegatedVersion[]): readonly (readonly [string, readonly DelegatedVersion[]])[] {
  const names = [...new Set(versions.map(({ group }) => group))].sort();
  return names.map((name) => [name, versions.filter(({ group }) => group === name)]);
}

// A subresource whose parent is not listed gets a bare one, as the real aggregator gives it.
function aggregated({ group, version, resources }: DelegatedVersion): readonly unknown[] {
  const parents = [...new Set(resources.map(({ name }) => name.split('/')[0] ?? ''))].sort();
  return parents.map((parent) => {
    const main = resources.find(({ name }) => name === parent);
    const subresources = resources
      .filter(({ name }) => name.startsWith(`${parent}/`))
      .map(({ name, kind, verbs }) => ({
        subresource: name.slice(parent.length + 1),
        responseKind: { group, version, kind },
        verbs,
      }));
    const [first] = resources.filter(({ name }) => name.startsWith(parent));
    return {
      resource: parent,
      responseKind: { group, version, kind: main?.kind ?? '' },
      scope: (main ?? first)?.namespaced === true ? 'Namespaced' : 'Cluster',
      singularResource: main?.singularName ?? '',
      verbs: main?.verbs ?? [],
      ...(main?.shortNames === undefined ? {} : { shortNames: main.shortNames }),
      ...(main?.categories === undefined ? {} : { categories: main.categories }),
      ...(subresources.length === 0 ? {} : { subresources }),
    };
  });
}
