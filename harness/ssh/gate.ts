/** Something that many wait for until it is there. */
export class Gate<T> {
  readonly opened: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #isOpen = false;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(value: T): void {
    this.#isOpen = true;
    this.#resolve(value);
  }
}
