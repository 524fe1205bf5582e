import { Readable } from 'node:stream';

/** What of a log is asked for, and how. */
export interface LogQuery {
  /** Also what comes later. */
  readonly follow: boolean;
  /** Each line behind the time at which it was begun. */
  readonly timestamps?: boolean | undefined;
  /** Only lines begun since then, in milliseconds since the epoch. */
  readonly since?: number | undefined;
}

interface Chunk {
  readonly at: number;
  readonly text: string;
}

/** The log of one container run: kept whole, and followed by those who ask. */
export class LogBuffer {
  readonly #now: () => Date;
  readonly #chunks: Chunk[] = [];
  #ended = false;
  readonly #followers = new Map<Readable, (chunk: Chunk) => string>();

  /** `now` is the clock that lines are stamped by. */
  constructor(now: () => Date) {
    this.#now = now;
  }

  write(text: string): void {
    if (this.#ended || text === '') return;
    const chunk = { at: this.#now().getTime(), text };
    this.#chunks.push(chunk);
    for (const [follower, shown] of this.#followers) push(follower, shown(chunk));
  }

  /** The container has ended: followers get their end of file. */
  end(): void {
    this.#ended = true;
    for (const follower of this.#followers.keys()) follower.push(null);
    this.#followers.clear();
  }

  /** What is there now, or with `follow` what comes as well. */
  read(query: LogQuery): Readable {
    const stream = new Readable({
      read: () => {},
      destroy: (error, done) => {
        this.#followers.delete(stream);
        done(error);
      },
    });
    const shown = lineByLine(query);
    push(stream, this.#chunks.map(shown).join(''));
    if (query.follow && !this.#ended) this.#followers.set(stream, shown);
    else stream.push(null);
    return stream;
  }
}

/** Lines may come in pieces: the piece that begins one decides about all of it. */
function lineByLine({ timestamps = false, since = Number.NEGATIVE_INFINITY }: LogQuery): (chunk: Chunk) => string {
  let begins = true;
  let wanted = true;
  return ({ at, text }) => {
    const pieces = text.split(/(?<=\n)/).map((piece) => {
      if (begins) wanted = at >= since;
      const stamp = begins && timestamps ? `${nanoseconds(at)} ` : '';
      begins = piece.endsWith('\n');
      return wanted ? stamp + piece : '';
    });
    return pieces.join('');
  };
}

function nanoseconds(at: number): string {
  return new Date(at).toISOString().replace('Z', '000000Z');
}

function push(stream: Readable, text: string): void {
  if (text !== '') stream.push(text);
}
