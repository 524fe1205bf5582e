import { StringDecoder } from 'node:string_decoder';
import type { KubeClient } from './client.ts';
import { resourcePath } from './objects.ts';

/** Which log of a container, and how much of it. */
export interface PodLogWish {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The log of the run before the container's last restart. */
  readonly previous?: boolean;
  /** Only lines from then on, by the node's clock. */
  readonly since?: Date;
  /** Each line behind the node's time at which it was written. */
  readonly timestamps?: boolean;
  readonly signal: AbortSignal;
  /** Of a longer log its first half and its last are given, cut between lines; default 2 MiB. */
  readonly maxBytes?: number;
}

/** A log, or its two ends. */
export interface PodLog {
  readonly head: string;
  /** What came after the gap; empty when nothing is left out. */
  readonly tail: string;
  /** How many bytes are left out between the two; 0: the log is whole. */
  readonly leftOutBytes: number;
  /** Why it ends early, when the answer broke off: what came before is kept. */
  readonly brokenOff?: string;
}

const MAX_BYTES = 2 * 1024 * 1024;

/** Reads a container's log. However long it is, no more than its two ends are held. @throws KubeError when there is none. */
export async function readPodLog(client: KubeClient, wish: PodLogWish): Promise<PodLog> {
  const { namespace, pod, container, previous, since, timestamps, signal, maxBytes = MAX_BYTES } = wish;
  const path = resourcePath({ apiVersion: 'v1', plural: 'pods', namespace, name: pod, subresource: 'log' });
  const query = { container, previous, timestamps, sinceTime: since?.toISOString() };
  const ends = new TwoEnds(maxBytes);
  const body = await client.stream(path, { signal, query });
  const decoder = new StringDecoder('utf8');
  try {
    for await (const chunk of body) ends.add(decoder.write(chunk as Buffer));
    ends.add(decoder.end());
  } catch (error) {
    if (ends.isEmpty) throw error;
    return { ...ends.taken(), brokenOff: error instanceof Error ? error.message : String(error) };
  }
  return ends.taken();
}

/** The first and the last part of a text that comes in pieces. */
class TwoEnds {
  readonly #each: number;
  #head = '';
  #tail = '';
  #leftOut = 0;

  constructor(maxBytes: number) {
    this.#each = Math.max(1, Math.floor(maxBytes / 2));
  }

  get isEmpty(): boolean {
    return this.#head === '';
  }

  add(text: string): void {
    const room = this.#each - this.#head.length;
    this.#head += text.slice(0, Math.max(0, room));
    this.#tail += text.slice(Math.max(0, room));
    // Cut now and then, not with every piece.
    if (this.#tail.length > 2 * this.#each) this.#trim();
  }

  /** Nothing is cut inside a line: half of a secret would not be known as one. */
  taken(): PodLog {
    this.#trim();
    if (this.#leftOut === 0) return { head: this.#head + this.#tail, tail: '', leftOutBytes: 0 };
    const headEnd = this.#head.lastIndexOf('\n') + 1;
    const tailBegin = this.#tail.indexOf('\n') + 1;
    const dropped = this.#head.length - headEnd + tailBegin;
    return {
      head: this.#head.slice(0, headEnd),
      tail: this.#tail.slice(tailBegin),
      leftOutBytes: this.#leftOut + dropped,
    };
  }

  #trim(): void {
    const over = this.#tail.length - this.#each;
    if (over <= 0) return;
    this.#leftOut += Buffer.byteLength(this.#tail.slice(0, over));
    this.#tail = this.#tail.slice(over);
  }
}
