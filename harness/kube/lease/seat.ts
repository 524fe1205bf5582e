import type { KubeClient } from '../client.ts';
import { isRefusal } from '../errors.ts';
import { resourcePath } from '../objects.ts';
import { type Clocks, type Moment, momentOf } from './clocks.ts';
import { Observer } from './observer.ts';
import { type Holder, isFree, isHeldBy, LEASE_API, type Lease, newLease, releasedLease, takenLease } from './record.ts';

interface Seating {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly holder: Holder;
  readonly clocks: Clocks;
}

/** A taken record, and when the request that took it was sent. */
export interface Taken {
  readonly lease: Lease;
  readonly sentAt: Moment;
}

/** The record that all runs compete for: it is looked at, and taken by compare-and-swap when nobody lives who holds it. */
export class LeaseSeat {
  readonly path: string;
  readonly #seating: Seating;
  readonly #observer: Observer;
  readonly #collection: string;
  #seen: Lease | undefined;
  #isFree = false;
  #freeSinceMs: number | undefined;
  /** The try whose answer did not come: when it was sent, and upon which record. */
  #open: { readonly sentAt: Moment; readonly upon: Lease | undefined } | undefined;

  constructor(seating: Seating) {
    const { namespace, name, clocks } = seating;
    const leases = { apiVersion: LEASE_API, plural: 'leases', namespace };
    this.#seating = seating;
    this.#observer = new Observer(clocks);
    this.#collection = resourcePath(leases);
    this.path = resourcePath({ ...leases, name });
  }

  /** True when nobody held it at the last look, or nobody who lives. */
  get isFree(): boolean {
    return this.#isFree;
  }

  /** Since this same record was first seen free: between two looks somebody may have had it. */
  get freeForMs(): number {
    const { clocks } = this.#seating;
    return this.#freeSinceMs === undefined ? 0 : clocks.monotonicMs() - this.#freeSinceMs;
  }

  /** The record as it is now; undefined when there is none, `ours` when a try of ours was carried out after all. */
  async look(signal: AbortSignal): Promise<Lease | undefined | 'ours'> {
    const { client, holder, clocks } = this.#seating;
    const current = await client.find<Lease>(this.path, { signal });
    const isSame = current?.metadata.resourceVersion === this.#seen?.metadata.resourceVersion;
    this.#seen = current;
    if (current !== undefined && isHeldBy(current, holder)) return 'ours';
    this.#isFree = current === undefined || isFree(current) || this.#isExpired(current);
    if (!this.#isFree) this.#freeSinceMs = undefined;
    else if (!isSame || this.#freeSinceMs === undefined) this.#freeSinceMs = clocks.monotonicMs();
    return current;
  }

  /** Takes what was seen, if it is still the same. @returns undefined when somebody was faster. */
  async take(signal: AbortSignal): Promise<Taken | undefined> {
    const { client, holder, namespace, name, clocks } = this.#seating;
    const upon = this.#seen;
    const sentAt = momentOf(clocks);
    this.#open = { sentAt, upon };
    try {
      const lease =
        upon === undefined
          ? await client.create<Lease>(this.#collection, newLease(namespace, name, holder, new Date()), { signal })
          : await client.replace<Lease>(this.path, takenLease(upon, holder, new Date()), { signal });
      this.#open = undefined;
      return { lease, sentAt };
    } catch (error) {
      if (!isRefusal(error, 409)) throw error;
      this.#open = undefined;
      this.#isFree = false;
      this.#freeSinceMs = undefined;
      return undefined;
    }
  }

  /** What a try has taken whose answer was lost: it counts from when it was sent. */
  taken(): Taken {
    const { clocks } = this.#seating;
    if (this.#seen === undefined) throw new Error('nothing was taken');
    return { lease: this.#seen, sentAt: this.#open?.sentAt ?? momentOf(clocks) };
  }

  /**
   * Undoes a try of which nobody knows what became: gives back what it took, and writes over what it was to take, so
   * that it fails if it is still on its way.
   */
  async release(signal: AbortSignal): Promise<void> {
    const { client, holder, namespace, name } = this.#seating;
    while (this.#open !== undefined) {
      const { upon } = this.#open;
      const current = await client.find<Lease>(this.path, { signal });
      const isOurs = current !== undefined && isHeldBy(current, holder);
      if (!isOurs && current?.metadata.resourceVersion !== upon?.metadata.resourceVersion) break;
      const now = new Date();
      const emptied = releasedLease(isOurs ? current : takenBy(current, { namespace, name, holder }, now), now);
      try {
        if (current === undefined) await client.create(this.#collection, emptied, { signal });
        else await client.replace(this.path, emptied, { signal });
        break;
      } catch (error) {
        if (!isRefusal(error, 404, 409)) throw error;
      }
    }
    this.#open = undefined;
  }

  #isExpired(current: Lease): boolean {
    return this.#observer.unchangedMs(current) >= (current.spec?.leaseDurationSeconds ?? 1) * 1000;
  }
}

function takenBy(
  current: Lease | undefined,
  { namespace, name, holder }: Pick<Seating, 'namespace' | 'name' | 'holder'>,
  now: Date,
): Lease {
  return current === undefined ? newLease(namespace, name, holder, now) : takenLease(current, holder, now);
}
