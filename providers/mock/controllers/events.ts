import type { KubeObject } from '../api/objects.ts';
import type { Clock } from '../clock.ts';
import { microTime, timestamp } from './kinds.ts';
import { pathTo, RESOURCES } from './resources.ts';
import { Refusal, type Rest } from './rest.ts';

/** Writes events about objects. An event that says the same again raises the count of the first. */
export class EventRecorder {
  readonly #rest: Rest;
  readonly #clock: Clock;
  readonly #source: string;
  readonly #said = new Map<string, { readonly name: string; count: number }>();
  #last: Promise<void> = Promise.resolve();

  constructor(rest: Rest, clock: Clock, source: string) {
    this.#rest = rest;
    this.#clock = clock;
    this.#source = source;
  }

  /** Never throws: a lost event is no reason to fail, as in client-go. Events of one recorder keep their order. */
  say(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    const write = async () => {
      const key = [about.kind, about.metadata.uid, type, reason, message].join('\0');
      const known = this.#said.get(key);
      const written =
        known === undefined ? await this.#create(about, type, reason, message) : await this.#count(known, about);
      if (written !== undefined) this.#said.set(key, written);
    };
    this.#last = this.#last.then(write).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
    return this.#last;
  }

  /** In the form of `events.k8s.io`, as the scheduler writes it. */
  async sayNew(about: KubeObject, type: 'Normal' | 'Warning', reason: string, text: { action: string; note: string }) {
    const at = this.#clock.now();
    const namespace = about.metadata.namespace ?? 'default';
    const body = {
      ...skeleton(about, namespace, at),
      reason,
      message: text.note,
      type,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: microTime(at),
      action: text.action,
      reportingComponent: this.#source,
      reportingInstance: `${this.#source}-0`,
    };
    await this.#rest.create(pathTo(RESOURCES.events, namespace), body).catch(() => {});
  }

  async #create(about: KubeObject, type: string, reason: string, message: string) {
    const at = this.#clock.now();
    const namespace = about.metadata.namespace ?? 'default';
    const event = await this.#rest.create(pathTo(RESOURCES.events, namespace), {
      ...skeleton(about, namespace, at),
      reason,
      message,
      type,
      source: { component: this.#source },
      firstTimestamp: timestamp(at),
      lastTimestamp: timestamp(at),
      count: 1,
      eventTime: null,
      reportingComponent: this.#source,
      reportingInstance: '',
    });
    return { name: event.metadata.name ?? '', count: 1 };
  }

  async #count(known: { readonly name: string; count: number }, about: KubeObject) {
    known.count += 1;
    const path = pathTo(RESOURCES.events, about.metadata.namespace ?? 'default', known.name);
    await this.#rest.patch(path, 'merge', { count: known.count, lastTimestamp: timestamp(this.#clock.now()) });
    return known;
  }
}

let sequence = 0;

function skeleton(about: KubeObject, namespace: string, at: Date) {
  sequence += 1;
  // client-go names an event after its object and the nanoseconds of the clock.
  const nanoseconds = (BigInt(at.getTime()) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16);
  const { name, uid, resourceVersion } = about.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${nanoseconds}`, namespace },
    involvedObject: {
      kind: about.kind,
      ...(about.metadata.namespace === undefined ? {} : { namespace }),
      name,
      uid,
      apiVersion: about.apiVersion,
      resourceVersion,
    },
  };
}
