import { InfraError } from '../errors/errors.ts';
import { spokenTime } from '../model/spoken-time.ts';
import type { Scope } from '../scope/scope.ts';
import type { KubeClient } from './client.ts';
import { describeCall } from './describe-call.ts';
import { isRefusal } from './errors.ts';
import { type KubeList, type KubeObject, objectKey } from './objects.ts';
import { pause } from './pause.ts';
import { watchEvents } from './watch-events.ts';

/** All objects of one kind, kept up to date by one list and one watch: what every wait of a run looks at. */
export interface Feed<T extends KubeObject = KubeObject> {
  /** By `namespace/name`, or `name` for kinds without a namespace. @throws InfraError once the feed cannot go on. */
  readonly items: ReadonlyMap<string, T>;
  /** False once the feed cannot go on. */
  readonly isLive: boolean;
  /** Calls back after every change, and when the feed ends; is itself the `wake` of until(). Returns the unsubscribe. */
  readonly onChange: (notify: () => void) => () => void;
  close(): void;
}

export interface FeedOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** How long the server may be away, outages of the connection to the node not counted; default 60 s. */
  readonly giveUpMs?: number;
}

const GIVE_UP_MS = 60_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;
/** The server ends a watch after this time; a watch that is open much longer hangs. */
const WATCH_SECONDS = 300;
const WATCH_GRACE_MS = 30_000;

/**
 * Lists `path`, then follows it until the scope closes. Cuts, broken lines, 410 and a busy server are lived through,
 * with growing pauses, and told. @throws KubeError when the first list is refused.
 */
export async function openFeed<T extends KubeObject = KubeObject>(
  scope: Scope,
  client: KubeClient,
  path: string,
  options: FeedOptions = {},
): Promise<Feed<T>> {
  const feed = new LiveFeed<T>(scope, client, path, options);
  scope.defer(`close the feed of ${path}`, 1000, async () => feed.close());
  await feed.start();
  return feed;
}

class LiveFeed<T extends KubeObject> implements Feed<T> {
  readonly #scope: Scope;
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #options: FeedOptions;
  readonly #what: string;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #items = new Map<string, T>();
  readonly #listeners = new Set<() => void>();
  #version = '';
  #failure: Error | undefined;
  #failingSince: number | undefined;
  #failures = 0;

  constructor(scope: Scope, client: KubeClient, path: string, options: FeedOptions) {
    this.#scope = scope;
    this.#client = client;
    this.#path = path;
    this.#options = options;
    this.#what = describeCall('watch', path);
    this.#signal = AbortSignal.any([scope.signal, this.#closing.signal]);
  }

  get items(): ReadonlyMap<string, T> {
    if (this.#failure) throw this.#failure;
    return this.#items;
  }

  get isLive(): boolean {
    return this.#failure === undefined && !this.#signal.aborted;
  }

  readonly onChange = (notify: () => void): (() => void) => {
    this.#listeners.add(notify);
    return () => this.#listeners.delete(notify);
  };

  close(): void {
    this.#closing.abort(new InfraError(`${this.#what}: the feed is closed`));
  }

  async start(): Promise<void> {
    await this.#relist();
    this.#follow().catch((error: unknown) => this.#end(error));
  }

  async #follow(): Promise<never> {
    for (;;) {
      try {
        await this.#watch();
      } catch (error) {
        this.#signal.throwIfAborted();
        await this.#recover(error);
      }
    }
  }

  async #watch(): Promise<void> {
    const { labelSelector, fieldSelector } = this.#options;
    const answer = await this.#client.stream(this.#path, {
      signal: this.#signal,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds: WATCH_SECONDS,
        resourceVersion: this.#version,
        labelSelector,
        fieldSelector,
      },
    });
    const startedAt = performance.now();
    const hung = setTimeout(() => answer.destroy(new Error('the watch hangs')), WATCH_SECONDS * 1000 + WATCH_GRACE_MS);
    let events = 0;
    try {
      for await (const { type, object } of watchEvents(answer, this.#what)) {
        events++;
        this.#healthy();
        this.#version = object.metadata.resourceVersion ?? this.#version;
        if (type !== 'BOOKMARK') this.#apply(type, object as T);
      }
    } finally {
      clearTimeout(hung);
    }
    if (events === 0 && performance.now() - startedAt < 1000) {
      throw new InfraError(`${this.#what}: the server ended the watch at once`);
    }
    this.#healthy();
  }

  #apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    if (type === 'DELETED') this.#items.delete(objectKey(object));
    else this.#items.set(objectKey(object), object);
    this.#notify();
  }

  async #recover(error: unknown): Promise<void> {
    if (isRefusal(error, 400, 401, 403, 404, 405)) throw error;
    // A cut is not the server's absence: the clock stands still meanwhile.
    const now = this.#scope.clock.nowMs;
    this.#failingSince ??= now;
    const failingMs = now - this.#failingSince;
    const seen = error instanceof Error ? error.message : String(error);
    const giveUpMs = this.#options.giveUpMs ?? GIVE_UP_MS;
    if (failingMs >= giveUpMs) {
      throw new InfraError(`${this.#what}: given up after ${spokenTime(failingMs)} without success: ${seen}`, {
        cause: error,
        hint: 'check the api server on the node',
      });
    }
    const expired = isRefusal(error, 410);
    const pauseMs = expired && this.#failures === 0 ? 0 : backoffMs(this.#failures);
    this.#failures++;
    this.#scope.log.detail(`waiting: ${seen}; ${expired ? 'listed' : 'watched'} again in ${spokenTime(pauseMs)}`);
    await pause(pauseMs, this.#signal);
    if (expired) await this.#relistAgain();
  }

  async #relistAgain(): Promise<void> {
    try {
      await this.#relist();
    } catch (error) {
      this.#signal.throwIfAborted();
      // The old version stays, so the watch is refused with 410 again and the list retried after a longer pause.
      if (isRefusal(error, 400, 401, 403, 404, 405)) throw error;
      this.#scope.log.detail(`waiting: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #relist(): Promise<void> {
    const { labelSelector, fieldSelector } = this.#options;
    const list: KubeList<T> = await this.#client.list<T>(this.#path, {
      signal: this.#signal,
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    });
    this.#items.clear();
    for (const item of list.items) this.#items.set(objectKey(item), item);
    this.#version = list.resourceVersion;
    this.#notify();
  }

  #healthy(): void {
    this.#failingSince = undefined;
    this.#failures = 0;
  }

  /** From here on whoever looks at the items gets the cause, so that no wait goes on for what cannot come. */
  #end(error: unknown): void {
    this.#failure = this.#signal.aborted ? this.#signal.reason : (error as Error);
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Doubles from 100 ms to 5 s; jitter keeps several feeds from knocking at the same moment. */
function backoffMs(failures: number): number {
  const full = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
  return Math.round(full * (0.5 + Math.random() / 2));
}
