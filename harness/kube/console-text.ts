import { StringDecoder } from 'node:string_decoder';

/** Escape sequences of terminals: CSI, OSC (ended by BEL or ST), and the short ones. Source: ECMA-48. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a console speaks in control characters
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/g;
/** Control characters that a reader does not see, a lone escape too; line feed and tab stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a console speaks in control characters
const INVISIBLE = /[\x00-\x08\x0b-\x1f\x7f]/g;
/** An unfinished sequence longer than this is no sequence. */
const MAX_ESCAPE = 256;

/**
 * What a serial console has said: `raw` as it came, `plain` as a reader sees it, without escape sequences and
 * carriage returns. Chunks may be cut anywhere, also within a character or a sequence.
 */
export class ConsoleText {
  readonly #decoder = new StringDecoder('utf8');
  #raw = '';
  #plain = '';
  #pending = '';

  get raw(): string {
    return this.#raw;
  }

  get plain(): string {
    return this.#plain;
  }

  add(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    this.#raw += text;
    const clean = (this.#pending + text).replace(ESCAPES, '');
    // What is left after the last escape character may be a sequence whose end has not come yet.
    const open = clean.lastIndexOf('\x1b');
    const unfinished = open >= 0 && clean.length - open <= MAX_ESCAPE;
    this.#pending = unfinished ? clean.slice(open) : '';
    this.#plain += (unfinished ? clean.slice(0, open) : clean).replace(INVISIBLE, '');
  }
}
