import type { Caller, Core } from '../core.ts';
import type { KubeObject } from '../objects.ts';
import type { Attributes } from './admit.ts';

export async function callMutatingWebhooks(
  _core: Core,
  _caller: Caller,
  attributes: Attributes,
): Promise<KubeObject | undefined> {
  return attributes.object;
}

export async function callValidatingWebhooks(_core: Core, _caller: Caller, _attributes: Attributes): Promise<void> {}
