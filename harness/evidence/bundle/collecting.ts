import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { Scope } from '../../scope/scope.ts';
import { settle } from '../../scope/settle.ts';
import { turnstile } from '../../scope/turnstile.ts';
import type { SshConnection } from '../../ssh/connection.ts';
import type { Redactor } from '../redact.ts';
import { type Failure, NONE } from './contents.ts';
import type { Moment } from './moments.ts';
import type { Item, Shelf } from './shelf.ts';

/** What can be asked at the moment of a failure, and where to look. */
export interface Reach {
  readonly client?: KubeClient | undefined;
  readonly ssh?: SshConnection | undefined;
  /** The cluster's node under test. */
  readonly node?: string | undefined;
  /** The namespace of the run's guests. */
  readonly namespace: string;
}

/** One thing that belongs into the bundle. */
export interface Wanted {
  readonly what: string;
  /** Where it is read. */
  readonly from: string;
}

/** The work of filling one bundle. */
export class Collecting {
  readonly scope: Scope;
  readonly reach: Reach;
  readonly failure: Failure;
  readonly shelf: Shelf;
  readonly redactor: Redactor;
  /** Aborts when the bundle's time is up, or the run's. */
  readonly signal: AbortSignal;
  /** What the cluster and its node told of when things happened, by their clock. */
  readonly theirs: Moment[] = [];
  readonly #turn = turnstile(AT_ONCE);

  constructor(parts: Pick<Collecting, 'scope' | 'reach' | 'failure' | 'shelf' | 'redactor' | 'signal'>) {
    this.scope = parts.scope;
    this.reach = parts.reach;
    this.failure = parts.failure;
    this.shelf = parts.shelf;
    this.redactor = parts.redactor;
    this.signal = parts.signal;
  }

  /** Reads in turn with others, and keeps what `read` gives. What fails or is too late is told in the index. */
  async take(wanted: Wanted, read: () => Promise<Omit<Item, 'what' | 'from'> | undefined>): Promise<void> {
    await this.ask(wanted, async () => {
      const item = await read();
      if (item?.text === '') this.shelf.missed({ ...wanted, why: NONE });
      else if (item !== undefined) await this.shelf.put({ ...wanted, ...item });
    });
  }

  /** The same for work that keeps things by itself. Undefined when it failed. */
  async ask<T>(wanted: Wanted, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await settle(
        this.#turn(async () => {
          this.signal.throwIfAborted();
          return await work();
        }),
        this.signal,
      );
    } catch (error) {
      this.shelf.missed({ ...wanted, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }
}

/** Enough to hide the way there and back; few enough to leave the connection and the API server to others. */
const AT_ONCE = 6;

/** `namespace/name` of an object, for the words of an index. */
export function placeOf({ metadata }: KubeObject): string {
  return `${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name ?? ''}`;
}

/** True for the pod in which a guest runs. */
export function isLauncher({ metadata }: KubeObject): boolean {
  return metadata.labels?.['kubevirt.io'] === 'virt-launcher';
}
