import type { ServerChannel } from 'ssh2';
import { type HostShell, Killed, type ShellExit } from './host-shell.ts';

interface Seat {
  readonly user: string;
  readonly hostname: string;
  readonly shell: HostShell;
}

/** An interactive shell on a terminal: prompt, echo, backspace, Ctrl-C and Ctrl-D; no history and no cursor keys. */
export async function talk(channel: ServerChannel, seat: Seat, session: AbortController): Promise<ShellExit> {
  const prompt = `[${seat.user}@${seat.hostname.split('.')[0]} ~]${seat.user === 'root' ? '#' : '$'} `;
  const print = (text: string) => void channel.write(text.replace(/\r?\n/g, '\r\n'));
  const keyboard = new Keyboard(channel, session.signal);
  let code = 0;
  for (;;) {
    print(prompt);
    const line = await keyboard.line(print);
    if (line === 'end') break;
    if (line === 'interrupt' || line.text.trim() === '') continue;
    if (/^\s*(exit|logout)\b/.test(line.text)) {
      code = Number(/\d+/.exec(line.text)?.[0] ?? code);
      break;
    }
    const exit = await runLine(line.text, seat.shell, { print, keyboard, signal: session.signal });
    if ('signal' in exit && session.signal.aborted) return exit;
    code = 'code' in exit ? exit.code : 130;
  }
  print('logout\n');
  return { code };
}

interface Terminal {
  readonly print: (text: string) => void;
  readonly keyboard: Keyboard;
  readonly signal: AbortSignal;
}

async function runLine(line: string, shell: HostShell, { print, keyboard, signal }: Terminal): Promise<ShellExit> {
  const interrupt = new AbortController();
  keyboard.onInterrupt = () => {
    print('^C\n');
    interrupt.abort(new Killed('INT'));
  };
  try {
    return await shell.run(line, {
      stdin: async () => '',
      stdout: print,
      stderr: print,
      signal: AbortSignal.any([signal, interrupt.signal]),
    });
  } finally {
    keyboard.onInterrupt = undefined;
  }
}

type Line = { readonly text: string } | 'interrupt' | 'end';

/** Takes keys as they come and gives lines as they are asked for. */
class Keyboard {
  /** Hears Ctrl-C while no line is being typed. */
  onInterrupt: (() => void) | undefined;
  #typedAhead = '';
  #more: (() => void) | undefined;
  #ended = false;

  constructor(channel: ServerChannel, signal: AbortSignal) {
    const end = () => {
      this.#ended = true;
      this.#more?.();
    };
    channel.on('data', (chunk: Buffer) => this.#press(chunk.toString('utf8')));
    channel.once('end', end);
    channel.once('close', end);
    signal.addEventListener('abort', end, { once: true });
  }

  async line(echo: (text: string) => void): Promise<Line> {
    let text = '';
    for (;;) {
      const key = await this.#key();
      if (key === undefined || (key === '\x04' && text === '')) return 'end';
      if (key === '\r' || key === '\n') {
        echo('\n');
        return { text };
      }
      if (key === '\x03') {
        echo('^C\n');
        return 'interrupt';
      }
      if (key === '\x7f' || key === '\b') {
        if (text !== '') echo('\b \b');
        text = text.slice(0, -1);
      } else if (key >= ' ') {
        text += key;
        echo(key);
      }
    }
  }

  #press(keys: string): void {
    if (this.onInterrupt !== undefined && keys.includes('\x03')) {
      this.#typedAhead = '';
      this.onInterrupt();
      return;
    }
    this.#typedAhead += keys;
    this.#more?.();
  }

  async #key(): Promise<string | undefined> {
    while (this.#typedAhead === '') {
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
      this.#more = undefined;
    }
    const key = this.#typedAhead.slice(0, 1);
    this.#typedAhead = this.#typedAhead.slice(1);
    return key;
  }
}
