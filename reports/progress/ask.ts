import { StringDecoder } from 'node:string_decoder';
import { InfraError, Interrupted } from '../../harness/errors/errors.ts';
import type { Ask } from '../../harness/model/ask.ts';
import { plainText } from '../plain-text.ts';

/** The terminal that a person sits at. */
export interface AskTerminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Ctrl-C was typed: without echo the terminal makes no signal of it. */
  readonly onInterrupt: () => void;
  /** Keeps others from writing until what it returns is called. */
  readonly hold: () => () => void;
}

/** A way to ask, one question after the other; undefined when nobody can be asked: input or stderr is no terminal. */
export function openAsk(terminal: AskTerminal): Ask | undefined {
  const { stdin, stderr } = terminal;
  if (stdin.isTTY !== true || stderr.isTTY !== true || stdin.setRawMode === undefined) return undefined;
  let before: Promise<unknown> = Promise.resolve();
  return (question, options) => {
    const asked = before.then(() => askNow(terminal, question, options));
    before = asked.catch(() => {});
    return asked;
  };
}

async function askNow(
  { stdin, stderr, onInterrupt, hold }: AskTerminal,
  question: string,
  { isSecret, signal }: Parameters<Ask>[1],
): Promise<string> {
  signal.throwIfAborted();
  const release = hold();
  const line = new TypedLine(isSecret ? () => {} : (text) => void stderr.write(text));
  let read: (chunk: Buffer | string) => void = () => {};
  let stop = () => {};
  let end = () => {};
  try {
    return await new Promise<string>((resolve, reject) => {
      stop = () => reject(signal.reason);
      end = () => reject(new InfraError('the terminal is gone, and nobody answers'));
      read = (chunk) => {
        const key = line.take(chunk);
        if (key === 'end') return resolve(line.text);
        if (key !== 'interrupt') return;
        onInterrupt();
        // Whoever asks may hang on another signal than the one that was just stopped.
        reject(signal.aborted ? signal.reason : new Interrupted('SIGINT'));
      };
      signal.addEventListener('abort', stop, { once: true });
      stdin.setRawMode?.(true);
      stderr.write(plainText(question));
      stdin.on('data', read).on('end', end).on('close', end);
      stdin.resume();
    });
  } finally {
    signal.removeEventListener('abort', stop);
    stdin.off('data', read).off('end', end).off('close', end);
    stdin.pause();
    stdin.setRawMode?.(false);
    stderr.write('\n');
    release();
  }
}

/** What is being typed, without a terminal that edits lines: it would echo them. */
class TypedLine {
  text = '';
  readonly #decoder = new StringDecoder('utf8');
  readonly #echo: (text: string) => void;

  constructor(echo: (text: string) => void) {
    this.#echo = echo;
  }

  take(chunk: Buffer | string): 'end' | 'interrupt' | 'more' {
    const typed = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    // Arrow keys and the like.
    if (typed.startsWith('\u001b')) return 'more';
    for (const char of typed) {
      if (char === '\r' || char === '\n') return 'end';
      if (char === '\u0003') return 'interrupt';
      if (char === '\u0004' && this.text === '') return 'end';
      if (char === '\u007f' || char === '\b') this.#erase(1);
      else if (char === '\u0015') this.#erase(this.text.length);
      else if (char >= ' ') {
        this.text += char;
        this.#echo(char);
      }
    }
    return 'more';
  }

  #erase(count: number): void {
    const characters = [...this.text];
    const gone = characters.splice(Math.max(0, characters.length - count));
    this.text = characters.join('');
    this.#echo('\b \b'.repeat(gone.length));
  }
}
