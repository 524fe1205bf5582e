import type { Core } from './core.ts';
import type { KubeObject } from './objects.ts';
import { apiVersionOf, type Page } from './read.ts';
import { type ApiRequest, type ApiResponse, header } from './request.ts';
import type { ResourceType } from './resource-type.ts';

/** An object as the body of an answer. */
export function objectAnswer(
  _core: Core,
  _request: ApiRequest,
  _type: ResourceType,
  object: KubeObject,
  status = 200,
): ApiResponse {
  return { type: 'object', status, headers: {}, body: object };
}

/** A list as the body of an answer. */
export function listAnswer(_core: Core, _request: ApiRequest, type: ResourceType, page: Page): ApiResponse {
  const metadata = {
    resourceVersion: page.resourceVersion,
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  const items = type.custom ? page.items : page.items.map(({ apiVersion: _, kind: __, ...item }) => item);
  return {
    type: 'object',
    status: 200,
    headers: {},
    body: { kind: type.listKind, apiVersion: apiVersionOf(type), metadata, items },
  };
}

/** The media types that a request takes, best first. */
export function accepted(request: ApiRequest): readonly string[] {
  return (header(request, 'accept') ?? '*/*').split(',').map((one) => one.trim());
}
