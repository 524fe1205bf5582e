import type { Caller, Core } from '../core.ts';
import type { KubeObject, UserInfo } from '../objects.ts';
import type { Target } from '../write.ts';
import { MUTATING_PLUGINS, VALIDATING_PLUGINS } from './plugins.ts';
import { callMutatingWebhooks, callValidatingWebhooks } from './webhooks.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission judges. `object` is absent in a DELETE, `oldObject` in a CREATE. */
export interface Attributes extends Target {
  readonly operation: Operation;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly user: UserInfo;
}

/** A built-in admission plugin: returns the object that goes on, or throws. */
export type Plugin = (core: Core, attributes: Attributes) => KubeObject | undefined;

/** Runs the built-in plugins, then the mutating webhooks. @throws ApiError when one refuses. */
export async function admitMutating(core: Core, caller: Caller, attributes: Attributes): Promise<KubeObject> {
  let object = attributes.object;
  for (const plugin of MUTATING_PLUGINS) object = plugin(core, { ...attributes, object });
  const changed = await callMutatingWebhooks(core, caller, { ...attributes, object });
  return changed as KubeObject;
}

/** Runs the validating webhooks after the built-in checks. @throws ApiError when one refuses. */
export async function admitValidating(core: Core, caller: Caller, attributes: Attributes): Promise<void> {
  for (const plugin of VALIDATING_PLUGINS) plugin(core, attributes);
  await callValidatingWebhooks(core, caller, attributes);
}

/** Both phases for requests that carry no object of their own. */
export async function admitWithoutObject(core: Core, caller: Caller, attributes: Attributes): Promise<void> {
  await admitMutating(core, caller, attributes);
  await admitValidating(core, caller, attributes);
}
