import { answerReview, isReview } from './auth/reviews.ts';
import type { Call } from './call.ts';
import { answerObject } from './object-verbs.ts';
import type { ApiResponse, RequestInfo } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import { methodNotAllowed, noSuchResource } from './status.ts';
import { answerSubresource } from './subresources/index.ts';

/** Answers a request for a served resource. @throws ApiError. */
export async function answerResource(call: Call): Promise<ApiResponse> {
  checkPlace(call.info, call.type);
  // A namespace object's own name stands where others have their namespace.
  const placed = call.type.namespaced ? call : { ...call, info: { ...call.info, namespace: '' } };
  if (isReview(call.type)) return answerReview(placed);
  return placed.info.subresource === '' ? answerObject(placed) : answerSubresource(placed);
}

function checkPlace({ namespace, verb, name }: RequestInfo, type: ResourceType): void {
  const isNamespaces = type.group === '' && type.plural === 'namespaces';
  if (!type.namespaced && namespace !== '' && !isNamespaces) throw noSuchResource();
  if (type.namespaced && namespace === '' && verb !== 'list' && verb !== 'watch') {
    throw name === '' ? methodNotAllowed() : noSuchResource();
  }
}
