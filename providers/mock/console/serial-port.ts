/** The guest's serial port as the host sees it: bytes out to whoever listens right now, bytes in from one client. */
export class SerialPort {
  readonly #listeners = new Set<(bytes: Buffer) => void>();
  #receive: (bytes: Buffer) => void = () => {};

  /** Guest to host. Nothing is kept for those who come later. */
  send(bytes: Buffer): void {
    for (const listener of this.#listeners) listener(bytes);
  }

  /** Hears what the guest sends from now on. Returns the unsubscribe. */
  listen(listener: (bytes: Buffer) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Host to guest. */
  type(bytes: Buffer): void {
    this.#receive(bytes);
  }

  /** The guest's end. */
  onType(receive: (bytes: Buffer) => void): void {
    this.#receive = receive;
  }
}
