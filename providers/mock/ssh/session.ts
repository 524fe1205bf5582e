import type { ServerChannel, Session } from 'ssh2';
import type { Director } from '../scenario/director.ts';
import { type HostShell, Killed, type ShellExit, type ShellIo } from './host-shell.ts';
import { talk } from './terminal.ts';

interface SessionSetup {
  readonly user: string;
  readonly hostname: string;
  readonly shell: HostShell;
  readonly director: Director;
}

/** Serves one session channel: `exec`, or `shell` with or without a terminal. Environment requests are ignored. */
export function serveSession(session: Session, setup: SessionSetup): void {
  const stop = new AbortController();
  let hasTerminal = false;
  session.on('pty', (accept) => {
    hasTerminal = true;
    accept?.();
  });
  session.on('window-change', (accept) => accept?.());
  session.on('env', (accept) => accept?.());
  session.on('signal', (accept, _reject, { name }) => {
    accept?.();
    stop.abort(new Killed(name.replace(/^SIG/, '')));
  });
  session.once('close', () => stop.abort(new Killed('HUP')));
  session.once('exec', (accept, _reject, { command }) => {
    setup.director.happened(`ssh exec ${command}`);
    const channel = accept();
    void setup.shell.run(command, channelIo(channel, stop.signal)).then((exit) => finish(channel, exit));
  });
  session.once('shell', (accept) => {
    setup.director.happened('ssh shell');
    const channel = accept();
    const talking = hasTerminal
      ? talk(channel, setup, stop)
      : channelIo(channel, stop.signal)
          .stdin()
          .then((script) => setup.shell.run(script, { ...channelIo(channel, stop.signal), stdin: async () => '' }));
    void talking.then((exit) => finish(channel, exit));
  });
}

function channelIo(channel: ServerChannel, signal: AbortSignal): ShellIo {
  return {
    stdin: () => readAll(channel, signal),
    stdout: (text) => void channel.write(text),
    stderr: (text) => void channel.stderr.write(text),
    signal,
  };
}

async function readAll(channel: ServerChannel, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    channel.on('data', (chunk: Buffer) => chunks.push(chunk));
    channel.once('end', resolve);
    channel.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return Buffer.concat(chunks).toString('utf8');
}

function finish(channel: ServerChannel, exit: ShellExit): void {
  if (channel.destroyed) return;
  if ('signal' in exit) channel.exit(exit.signal);
  else channel.exit(exit.code);
  channel.end();
  // What nobody read would keep the channel open.
  channel.resume();
}
