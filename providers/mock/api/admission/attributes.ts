import type { Core } from '../core.ts';
import type { KubeObject, UserInfo } from '../objects.ts';
import type { Target } from '../target.ts';

/** What is done, as webhooks hear it. */
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
