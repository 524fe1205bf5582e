import type { Caller, Core } from '../core.ts';
import type { KubeObject } from '../objects.ts';
import type { Attributes } from './attributes.ts';
import { MUTATING_PLUGINS, VALIDATING_PLUGINS } from './plugins.ts';
import { admitByPolicies } from './policies.ts';
import { callMutatingWebhooks, callValidatingWebhooks } from './webhooks.ts';

/** Runs the built-in plugins, then the mutating webhooks. @throws ApiError when one refuses. */
export async function admitMutating(core: Core, caller: Caller, attributes: Attributes): Promise<KubeObject> {
  let object = attributes.object;
  for (const plugin of MUTATING_PLUGINS) object = plugin(core, { ...attributes, object });
  const changed = await callMutatingWebhooks(core, caller, { ...attributes, object });
  return changed as KubeObject;
}

/** Runs the admission policies and the validating webhooks after the built-in checks. @throws ApiError when one refuses. */
export async function admitValidating(core: Core, caller: Caller, attributes: Attributes): Promise<void> {
  for (const plugin of VALIDATING_PLUGINS) plugin(core, attributes);
  admitByPolicies(core, caller, attributes);
  await callValidatingWebhooks(core, caller, attributes);
}

/** Both phases for requests that carry no object of their own. */
export async function admitWithoutObject(core: Core, caller: Caller, attributes: Attributes): Promise<void> {
  await admitMutating(core, caller, attributes);
  await admitValidating(core, caller, attributes);
}

/** Both phases for what is posted to a subresource, whose object nothing keeps. @throws ApiError when one refuses. */
export async function admitPosted(
  core: Core,
  caller: Caller,
  posted: Omit<Attributes, 'operation' | 'oldObject' | 'user'>,
): Promise<void> {
  await admitWithoutObject(core, caller, { ...posted, operation: 'CREATE', oldObject: undefined, user: caller.user });
}
