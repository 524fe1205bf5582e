import { untilStopped } from '../clock.ts';
import type { SerialPort } from './serial-port.ts';

/** The guest was switched off in the middle of a dialogue. */
export class PoweredOff extends Error {
  override readonly name = 'PoweredOff';
}

/** One key each: an escape sequence, Enter as CR LF, or a character. */
const ESCAPE = '\x1b';
const KEYS = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z~]|\\r\\n|[\\s\\S]`, 'gu');

/** How a line is read: by the kernel's cooked mode, by readline, or in secret. */
export type Echo = 'cooked' | 'readline' | 'secret';

/** What ended a line: Enter, Ctrl-C, or Ctrl-D on an empty line. */
export type LineEnd = { readonly end: 'enter' | 'interrupt' | 'eof'; readonly line: string };

/** A Linux terminal on a serial port: `\n` goes out as CR LF, typed characters are echoed and edited. */
export class Tty {
  readonly #port: SerialPort;
  readonly #signal: AbortSignal;
  #typed: string[] = [];
  #wake: (() => void) | undefined;
  #open = false;
  #held: Promise<void> | undefined;
  /** Width as `stty cols` set it; readline wraps there. */
  columns = 80;

  constructor(port: SerialPort, signal: AbortSignal) {
    this.#port = port;
    this.#signal = signal;
    port.onType((bytes) => this.#feed(bytes.toString('utf8')));
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  /** From now on input is kept; before, nobody in the guest has the port open and it is lost. */
  open(): void {
    this.#open = true;
    this.#typed = [];
  }

  /** Stops output and input while the vCPUs are stopped; the returned function lets them go on. */
  hold(): () => void {
    let release: () => void = () => {};
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.#held = undefined;
      release();
    };
  }

  /** Settles at once, or when a held guest goes on. @throws PoweredOff */
  async running(): Promise<void> {
    while (this.#held !== undefined && !this.#signal.aborted)
      await Promise.race([this.#held, untilStopped(this.#signal)]);
    if (this.#signal.aborted) throw new PoweredOff();
  }

  /** Text of a program: line feeds become CR LF. */
  print(text: string): void {
    this.raw(text.replace(/\r?\n/g, '\r\n'));
  }

  raw(text: string | Buffer): void {
    if (text.length > 0 && !this.#signal.aborted) this.#port.send(Buffer.from(text));
  }

  /** Reads one line. `promptWidth` columns are taken already. @throws PoweredOff */
  async line(echo: Echo, promptWidth = 0): Promise<LineEnd> {
    let line = '';
    for (;;) {
      const key = await this.#key();
      if (key === '\r' || key === '\n') {
        this.raw('\r\n');
        return { end: 'enter', line };
      }
      if (key === '\x03') {
        this.raw('^C\r\n');
        return { end: 'interrupt', line: '' };
      }
      if (key === '\x04') {
        if (line === '') return { end: 'eof', line };
        continue;
      }
      line = this.#edit(key, line, echo, promptWidth);
    }
  }

  /** Waits for Ctrl-C, for a program that runs in the foreground; other keys are kept for the next line. */
  async interrupted(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted && !this.#signal.aborted) {
      const at = this.#typed.indexOf('\x03');
      if (at >= 0) {
        this.#typed = this.#typed.slice(at + 1);
        this.raw('^C');
        return true;
      }
      await this.#next(signal);
    }
    return false;
  }

  #edit(key: string, line: string, echo: Echo, promptWidth: number): string {
    const show = (text: string) => {
      if (echo !== 'secret') this.raw(text);
    };
    if (key === '\x7f' || key === '\b') {
      if (line === '') return line;
      show(echo === 'readline' ? '\b\x1b[K' : '\b \b');
      return line.slice(0, -1);
    }
    if (key === '\x15') {
      show(echo === 'readline' ? `${'\b'.repeat(line.length)}\x1b[K` : '\b \b'.repeat(line.length));
      return '';
    }
    if (key === '\x17') {
      const kept = line.replace(/\S*\s*$/, '');
      show('\b \b'.repeat(line.length - kept.length));
      return kept;
    }
    // Tab, arrow keys and the like: no completion here, the bell rings in readline only.
    if (key < ' ') return line;
    show(key);
    // Readline goes to the next row by hand, because a terminal may stay in the last column.
    if (echo === 'readline' && (promptWidth + line.length + 1) % this.columns === 0) show(' \r');
    return line + key;
  }

  #feed(text: string): void {
    if (!this.#open) return;
    // Escape sequences of a client's terminal (cursor keys, replies) are one key that no reader wants.
    for (const match of text.matchAll(KEYS)) {
      const key = match[0];
      if (key.startsWith('\x1b')) continue;
      this.#typed.push(key === '\r\n' ? '\r' : key);
    }
    this.#wake?.();
  }

  async #key(): Promise<string> {
    for (;;) {
      await this.running();
      const key = this.#typed.shift();
      if (key !== undefined) return key;
      await this.#next(this.#signal);
    }
  }

  async #next(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        signal.removeEventListener('abort', end);
        if (this.#wake === end) this.#wake = undefined;
        resolve();
      };
      if (signal.aborted || this.#signal.aborted) return resolve();
      signal.addEventListener('abort', end, { once: true });
      this.#wake = end;
    });
  }
}
