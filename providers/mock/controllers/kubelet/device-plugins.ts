/** What one device plugin offers. */
export interface DeviceOffer {
  readonly capacity: number;
  /** Devices that are healthy. */
  readonly allocatable: number;
}

/** The device plugins that have registered with the kubelet. */
export class DevicePlugins {
  readonly #offers = new Map<string, DeviceOffer>();
  #changed: () => void = () => {};

  /** The list that a plugin sends; again whenever it changes. */
  offer(resource: string, offer: DeviceOffer): void {
    this.#offers.set(resource, offer);
    this.#changed();
  }

  /** The plugin has stopped: the kubelet keeps the capacity it knew and lets nothing be allocated. */
  withdraw(resource: string): void {
    const known = this.#offers.get(resource);
    if (known !== undefined) this.offer(resource, { capacity: known.capacity, allocatable: 0 });
  }

  get offers(): ReadonlyMap<string, DeviceOffer> {
    return this.#offers;
  }

  onChange(changed: () => void): void {
    this.#changed = changed;
  }
}
