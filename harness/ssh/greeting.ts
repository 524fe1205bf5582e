import type { Duplex } from 'node:stream';

/** What a server offers, most wanted first: its KEXINIT, RFC 4253 section 7.1, in the direction to us. */
export interface ServerOffer {
  readonly keyExchange: readonly string[];
  readonly hostKeys: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
}

/** What a server said before anything was encrypted. */
export interface Greeting {
  /** Lines before its identification: how sshd refuses a connection, or what something else than SSH says. */
  readonly words: string;
  /** e.g. `SSH-2.0-OpenSSH_9.2p1`. */
  readonly identification?: string;
  readonly offer?: ServerOffer;
}

const MAX_BYTES = 128 * 1024;
const MAX_WORDS = 200;
const KEXINIT = 20;

/**
 * Listens in on a stream that the handshake reads, because the library keeps to itself what the server said when it
 * refuses. Call it after the library was given the stream; the result tells what was heard so far.
 */
export function listenIn(stream: Duplex): () => Greeting {
  const heard: Buffer[] = [];
  let bytes = 0;
  const hear = (chunk: Buffer) => {
    heard.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_BYTES || readGreeting(Buffer.concat(heard)).offer !== undefined) stream.off('data', hear);
  };
  stream.on('data', hear);
  return () => readGreeting(Buffer.concat(heard));
}

/** Reads what a server sends first; never throws, whatever it is. */
export function readGreeting(bytes: Buffer): Greeting {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, at);
    const line = bytes.toString('latin1', at, end < 0 ? bytes.length : end).replace(/\r$/, '');
    if (line.startsWith('SSH-') && end >= 0) {
      const offer = readOffer(bytes.subarray(end + 1));
      return { words: readable(words), identification: readable([line]), ...(offer === undefined ? {} : { offer }) };
    }
    words.push(line);
    if (end < 0) return { words: readable(words) };
    at = end + 1;
  }
}

function readOffer(bytes: Buffer): ServerOffer | undefined {
  if (bytes.length < 6 || bytes[5] !== KEXINIT) return undefined;
  const end = 4 + bytes.readUInt32BE(0);
  if (bytes.length < end) return undefined;
  const lists: string[][] = [];
  // After the length, the padding's length, the message number and a cookie of 16 bytes.
  for (let at = 22; lists.length < 6; ) {
    if (at + 4 > end) return undefined;
    const next = at + 4 + bytes.readUInt32BE(at);
    if (next > end) return undefined;
    lists.push(
      bytes
        .toString('latin1', at + 4, next)
        .split(',')
        .filter((name) => /^[\x21-\x7e]+$/.test(name)),
    );
    at = next;
  }
  const [keyExchange = [], hostKeys = [], , ciphers = [], , macs = []] = lists;
  return { keyExchange, hostKeys, ciphers, macs };
}

/** One printable line, cut short: it is shown to people and comes from a stranger. */
function readable(lines: readonly string[]): string {
  const text = lines
    .join(' ')
    .replace(/[^\x21-\x7e]+/g, ' ')
    .trim();
  return text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS)}...` : text;
}
