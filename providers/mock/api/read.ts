import type { Core } from './core.ts';
import { toCoreEvent, toEventsEvent } from './kinds/events.ts';
import type { KubeObject } from './objects.ts';
import { type ListOptions, listOptions, parseVersion } from './options.ts';
import { labelsOf, type RequestInfo } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import { type FieldTerm, fieldTerms, labelSelector, type Matches } from './selectors.ts';
import { ApiError, badRequest, expired, failure, notFound } from './status.ts';
import { storageKey } from './store.ts';

/** One page of a list. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continueToken?: string;
  readonly remaining?: number;
}

/** Reads an object, `staleBy` versions ago if a scenario says so. @throws ApiError 404, or 504 for a future version. */
export function getObject(core: Core, type: ResourceType, info: RequestInfo, staleBy = 0): KubeObject {
  const key = { resource: storageKey(type), namespace: info.namespace, name: info.name };
  const wanted = info.query.get('resourceVersion') ?? '';
  if (wanted !== '')
    checkNotFuture(
      core,
      parseVersion(wanted, (why) => badRequest(`invalid resource version: ${why}`)),
    );
  const found = staleBy === 0 ? core.store.get(key) : core.store.getAt(key, core.store.version - staleBy);
  if (found === undefined) throw notFound(type, info.name);
  return asVersion(type, found);
}

/** Reads a page of a list. @throws ApiError 400, 410, 422 or 504. */
export function listObjects(core: Core, type: ResourceType, info: RequestInfo, staleBy = 0): Page {
  const options = listOptions(info);
  const matches = selectionOf(type, options);
  const from = options.continueToken === '' ? startOf(core, options, staleBy) : continued(core, options);
  const all = core.store.listAt(storageKey(type), info.namespace, from.version);
  if (all === undefined) throw from.tooOld();
  const rest = all.filter((object) => (from.after === undefined || orderKey(object) > from.after) && matches(object));
  // Version 0 is served from the cache, which knows no pages.
  const paged = options.limit > 0 && options.resourceVersion !== '0';
  const items = paged ? rest.slice(0, options.limit) : rest;
  const resourceVersion = String(from.version);
  const shown = items.map((object) => asVersion(type, object));
  if (items.length === rest.length) return { items: shown, resourceVersion };
  const last = items.at(-1);
  const token = encodeContinue({ rv: from.version, start: last === undefined ? '' : orderKey(last) });
  const counted = options.labelSelector === '' && options.fieldSelector === '';
  return {
    items: shown,
    resourceVersion,
    continueToken: token,
    ...(counted ? { remaining: rest.length - items.length } : {}),
  };
}

interface Start {
  readonly version: number;
  readonly after?: string;
  readonly tooOld: () => ApiError;
}

function startOf(core: Core, { resourceVersion, resourceVersionMatch }: ListOptions, staleBy: number): Start {
  const tooOld = () => expired('The resourceVersion for the provided list is too old.');
  const newest = { version: Math.max(core.store.version - staleBy, core.store.oldest), tooOld };
  if (resourceVersion === '') return newest;
  const asked = parseVersion(resourceVersion, (why) => badRequest(`invalid resource version: ${why}`));
  checkNotFuture(core, asked);
  return resourceVersionMatch === 'Exact' ? { version: asked, tooOld } : newest;
}

function continued(core: Core, { continueToken, resourceVersion }: ListOptions): Start {
  if (resourceVersion !== '' && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const { rv, start } = decodeContinue(continueToken);
  const version = rv === -1 ? core.store.version : rv;
  const tooOld = () => expired(CONTINUE_TOO_OLD, encodeContinue({ rv: -1, start }));
  return { version, after: start, tooOld };
}

const CONTINUE_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

interface Continue {
  readonly rv: number;
  readonly start: string;
}

function encodeContinue(position: Continue): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...position })).toString('base64url');
}

function decodeContinue(token: string): Continue {
  const text = Buffer.from(token, 'base64url').toString('latin1');
  try {
    const { v, rv, start } = JSON.parse(text) as { v?: string; rv?: number; start?: string };
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string') return { rv, start };
  } catch {
    const character = [...text].find((one) => !'{ \n\t'.includes(one)) ?? '';
    const why =
      text === '' ? 'unexpected end of JSON input' : `invalid character '${character}' looking for beginning of value`;
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
  }
  throw badRequest(`invalid continue token: continue key is not valid: server does not recognize this encoded version`);
}

/** Refuses versions that are not there yet. @throws ApiError 504. */
export function checkNotFuture(core: Core, asked: number): void {
  const current = core.store.version;
  if (asked <= current) return;
  const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' };
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const details = { causes: [cause], retryAfterSeconds: 1 };
  throw new ApiError(failure({ code: 504, reason: 'Timeout', message, details }), { 'retry-after': '1' });
}

function orderKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

/** Both selectors of a request as one test. @throws ApiError 400 in the server's words. */
export function selectionOf(
  type: ResourceType,
  options: { readonly labelSelector: string; readonly fieldSelector: string },
): Matches {
  const labels = labelSelector(options.labelSelector);
  const terms = fieldTerms(options.fieldSelector);
  for (const term of terms) checkField(type, term);
  return (object) => labels(labelsOf(object)) && terms.every((term) => fieldMatches(type, object, term));
}

function checkField(type: ResourceType, { field }: FieldTerm): void {
  if (fieldsOf(type, emptyOf(type))[field] !== undefined) return;
  // Kinds without fields of their own fall to the default conversion, which words it differently.
  const ownFields = type.custom || Object.keys(type.strategy.selectableFields(emptyOf(type))).length > 0;
  throw badRequest(
    ownFields
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

function emptyOf(type: ResourceType): KubeObject {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name: '', namespace: '' } };
}

function fieldMatches(type: ResourceType, object: KubeObject, { field, equal, value }: FieldTerm): boolean {
  return ((fieldsOf(type, object)[field] ?? '') === value) === equal;
}

function fieldsOf(type: ResourceType, object: KubeObject): Readonly<Record<string, string>> {
  return {
    ...type.strategy.selectableFields(object),
    'metadata.name': object.metadata.name ?? '',
    ...(type.namespaced || !type.custom ? { 'metadata.namespace': object.metadata.namespace ?? '' } : {}),
  };
}

/** The apiVersion of a type's objects. */
export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The stored object as the asked version of its type serves it: conversion is by name only. */
export function asVersion(type: ResourceType, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(type);
  if (object.apiVersion === apiVersion) return object;
  if (object.kind === 'Event' && !type.custom) return type.group === '' ? toCoreEvent(object) : toEventsEvent(object);
  return { ...object, apiVersion };
}
