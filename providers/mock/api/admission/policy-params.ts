import { selects } from '../../label-selector.ts';
import type { Core } from '../core.ts';
import { isObject, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { labelsOf } from '../request.ts';
import { storageKey } from '../store.ts';

/** The objects that a policy is evaluated with, one after the other; null: without one. */
export type Params = { readonly params: readonly (KubeObject | null)[] } | { readonly problem: string };

/** Looks up what the binding's paramRef names, in its own namespace or else in that of the request. */
export function paramsOf(
  core: Core,
  {
    policy,
    binding,
    namespace,
  }: { readonly policy: KubeObject; readonly binding: KubeObject; readonly namespace: string },
): Params {
  const { paramKind } = objectAt(policy, 'spec');
  const { paramRef } = objectAt(binding, 'spec');
  if (!isObject(paramKind) || !isObject(paramRef)) return { params: [null] };
  const [apiVersion, kind] = [textAt(paramKind, 'apiVersion'), textAt(paramKind, 'kind')];
  const slash = apiVersion.lastIndexOf('/');
  const group = apiVersion.slice(0, Math.max(slash, 0));
  const type = core.registry.byKind(group, kind, apiVersion.slice(slash + 1));
  if (type === undefined) {
    const named = `${apiVersion}, Kind=${kind}`;
    return { problem: `failed to find resource referenced by paramKind: '${named}'` };
  }
  const own = textAt(paramRef, 'namespace');
  if (!type.namespaced && own !== '')
    return { problem: 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`' };
  const place = type.namespaced ? own || namespace : '';
  if (type.namespaced && place === '')
    return { problem: 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources' };
  const found = referred(core, storageKey(type), { place, paramRef });
  if (found.length === 0 && paramRef.parameterNotFoundAction === 'Deny')
    return { problem: 'no params found for policy binding with `Deny` parameterNotFoundAction' };
  return { params: found };
}

interface Reference {
  readonly place: string;
  readonly paramRef: Readonly<Record<string, unknown>>;
}

function referred(core: Core, resource: string, { place, paramRef }: Reference): readonly KubeObject[] {
  const name = textAt(paramRef, 'name');
  if (name === '') return core.store.list(resource, place).filter((one) => selects(paramRef.selector, labelsOf(one)));
  const one = core.store.get({ resource, namespace: place, name });
  return one === undefined ? [] : [one];
}
