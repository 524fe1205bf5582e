import { Readable } from 'node:stream';

/** The log of one container run: kept whole, and followed by those who ask. */
export class LogBuffer {
  #text = '';
  #ended = false;
  readonly #followers = new Set<Readable>();

  write(text: string): void {
    if (this.#ended || text === '') return;
    this.#text += text;
    for (const follower of this.#followers) follower.push(text);
  }

  /** The container has ended: followers get their end of file. */
  end(): void {
    this.#ended = true;
    for (const follower of this.#followers) follower.push(null);
    this.#followers.clear();
  }

  /** What is there now, or with `follow` what comes as well. */
  read(follow: boolean): Readable {
    const stream = new Readable({
      read: () => {},
      destroy: (error, done) => {
        this.#followers.delete(stream);
        done(error);
      },
    });
    if (this.#text !== '') stream.push(this.#text);
    if (follow && !this.#ended) this.#followers.add(stream);
    else stream.push(null);
    return stream;
  }
}
