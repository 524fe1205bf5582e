import type { ResourceType } from './resource-type.ts';

/** A subresource as discovery tells it. */
export interface SubresourceFacts {
  readonly kind: string;
  readonly verbs: readonly string[];
  /** Where its kind is not of the resource's own group. */
  readonly group?: string;
  readonly version?: string;
}

const CHANGED = ['get', 'patch', 'update'];
const PROXIED = ['create', 'delete', 'get', 'patch', 'update'];
const OPENED = ['create', 'get'];

/** What a subresource of a type takes and gives. */
export function subresourceFacts(type: ResourceType, subresource: string): SubresourceFacts {
  switch (subresource) {
    case 'scale':
      return { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: CHANGED };
    case 'eviction':
      return { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
    case 'token':
      return { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] };
    case 'binding':
      return { kind: 'Binding', verbs: ['create'] };
    case 'finalize':
      return { kind: type.kind, verbs: ['update'] };
    case 'log':
      return { kind: type.kind, verbs: ['get'] };
    case 'proxy':
      return { kind: `${type.kind}ProxyOptions`, verbs: PROXIED };
    case 'attach':
      return { kind: 'PodAttachOptions', verbs: OPENED };
    case 'exec':
      return { kind: 'PodExecOptions', verbs: OPENED };
    case 'portforward':
      return { kind: 'PodPortForwardOptions', verbs: OPENED };
    default:
      return { kind: type.kind, verbs: CHANGED };
  }
}
