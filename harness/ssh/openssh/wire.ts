/** Builds the body of an SSH message. Source: RFC 4251, section 5. */
export function message(...fields: readonly (number | boolean | string | Buffer)[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      if (typeof field === 'number') return uint32(field);
      if (typeof field === 'boolean') return Buffer.from([field ? 1 : 0]);
      const bytes = typeof field === 'string' ? Buffer.from(field) : field;
      return Buffer.concat([uint32(bytes.length), bytes]);
    }),
  );
}

/** Reads the fields of an SSH message one after the other. @throws RangeError when it is too short. */
export class MessageReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  flag(): boolean {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value !== 0;
  }

  bytes(): Buffer {
    const length = this.number();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError(`a string of ${length} bytes in a message that ends before`);
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }
}

/** Cuts a stream into the frames that each begin with their length. */
export class FrameCutter {
  readonly #longest: number;
  #pending: Buffer[] = [];
  #length = 0;

  /** A longer frame means that this is not the protocol. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The frames that are complete by now. @throws RangeError for one that is too long. */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#pending.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#length < 4) return;
      const need = this.#head(4).readUInt32BE(0);
      if (need > this.#longest) throw new RangeError(`a frame of ${need} bytes`);
      if (this.#length < 4 + need) return;
      const joined = this.#head(4 + need);
      const rest = joined.subarray(4 + need);
      this.#pending = rest.length === 0 ? this.#pending.slice(1) : [rest, ...this.#pending.slice(1)];
      this.#length -= 4 + need;
      yield joined.subarray(4, 4 + need);
    }
  }

  /** The first pending piece, at least so long. */
  #head(length: number): Buffer {
    const first = this.#pending[0] ?? Buffer.alloc(0);
    if (first.length >= length) return first;
    const joined = Buffer.concat(this.#pending);
    this.#pending = [joined];
    return joined;
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
