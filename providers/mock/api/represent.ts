import { formOf } from './accept.ts';
import type { Core } from './core.ts';
import type { KubeObject } from './objects.ts';
import { apiVersionOf, asVersion, type Page } from './read.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest } from './status.ts';
import { asTable, partialMetadata, partialMetadataList, type TableOptions } from './table.ts';
import type { SeenEvent, Show } from './watch.ts';

/** An object as the body of an answer, in the form that was asked for. @throws ApiError 406. */
export function objectAnswer(
  core: Core,
  request: ApiRequest,
  type: ResourceType,
  stored: KubeObject,
  status = 200,
): ApiResponse {
  const { as } = formOf(request);
  const object = asVersion(type, stored);
  const body =
    as === 'Table'
      ? { ...tableOf(core, request, type, [object]), metadata: { resourceVersion: object.metadata.resourceVersion } }
      : as === 'PartialObjectMetadata'
        ? partialMetadata(object)
        : object;
  return { type: 'object', status, headers: {}, body: inOrder(body) };
}

/** A list as the body of an answer, in the form that was asked for. @throws ApiError 406. */
export function listAnswer(core: Core, request: ApiRequest, type: ResourceType, page: Page): ApiResponse {
  const { as } = formOf(request);
  const metadata = {
    resourceVersion: page.resourceVersion,
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  return { type: 'object', status: 200, headers: {}, body: body() };

  function body(): unknown {
    if (as === 'Table') return inOrder({ ...tableOf(core, request, type, page.items), metadata });
    if (as === 'PartialObjectMetadataList') {
      return partialMetadataList(page.items, metadata);
    }
    const apiVersion = apiVersionOf(type);
    if (type.custom) {
      // A list of custom resources always names `continue`, empty on the last page.
      const named = { continue: '', ...metadata };
      return { apiVersion, items: page.items, kind: type.listKind, metadata: named };
    }
    const items = page.items.map(({ apiVersion: _, kind: __, ...item }) => item);
    return { kind: type.listKind, apiVersion, metadata, items };
  }
}

/** How the events of a watch are shown in the form that was asked for. @throws ApiError 406. */
export function watchForm(core: Core, request: ApiRequest, type: ResourceType): Show {
  const { as } = formOf(request);
  if (as === 'Table') return tableEvents(core, request, type);
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return ({ object }) => partialMetadata(object);
  return ({ object }) => inOrder(object);
}

// Only the first event of a Table watch describes the columns.
function tableEvents(core: Core, request: ApiRequest, type: ResourceType): Show {
  let first = true;
  return ({ type: kind, object }: SeenEvent) => {
    if (kind === 'BOOKMARK') return { ...tableOf(core, request, type, []), metadata: object.metadata };
    const table = tableOf(core, request, type, [object]);
    const shown = { ...table, metadata: { resourceVersion: object.metadata.resourceVersion } };
    const answer = first ? shown : { ...shown, columnDefinitions: null };
    first = false;
    return inOrder(answer);
  };
}

function tableOf(core: Core, request: ApiRequest, type: ResourceType, objects: readonly KubeObject[]) {
  const include = new URL(request.path, 'https://server').searchParams.get('includeObject') ?? '';
  if (!['', 'None', 'Object', 'Metadata'].includes(include)) {
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
  }
  const includeObject = (include === '' ? 'Metadata' : include) as TableOptions['includeObject'];
  return asTable(type, objects, { now: core.clock.now(), includeObject });
}

// Readers do not care, people do: kind and apiVersion first, then metadata.
function inOrder<T>(value: T): T {
  const { kind, apiVersion, metadata, ...rest } = value as Record<string, unknown>;
  return { kind, apiVersion, metadata, ...rest } as T;
}
