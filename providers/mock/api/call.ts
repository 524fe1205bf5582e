import type { Caller, Core } from './core.ts';
import type { ApiRequest, RequestInfo } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import type { Target } from './target.ts';

/** One request for a resource, made out. */
export interface Call {
  readonly core: Core;
  readonly caller: Caller;
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly type: ResourceType;
  /** How many versions ago a scenario lets reads look. */
  readonly staleBy: number;
}

/** The object that a request names. */
export function targetOf({ info, type }: Call): Target {
  return { type, namespace: type.namespaced ? info.namespace : '', name: info.name, subresource: info.subresource };
}
