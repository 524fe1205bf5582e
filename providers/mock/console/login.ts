import type { Clock } from '../clock.ts';
import { runLoginShell } from './shell.ts';
import type { GuestSystem } from './system.ts';
import type { Tty } from './tty.ts';

export interface LoginSetup {
  readonly tty: Tty;
  readonly system: GuestSystem;
  readonly issue: string;
  readonly user: string;
  readonly password: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  powerOff(): void;
}

/** Attempts before `login` gives up and getty starts again. */
const ATTEMPTS = 3;

/** One round of getty, login and the shell of whoever comes in. @throws PoweredOff */
export async function runLogin(setup: LoginSetup): Promise<void> {
  const { tty, system, clock, signal } = setup;
  const prompt = `${system.hostname} login: `;
  tty.print(`\n${setup.issue}\nKernel ${system.kernel.release} on x86_64 (ttyS0)\n\n`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    tty.raw(prompt);
    const name = await tty.line('cooked');
    // An empty answer makes getty show its greeting again.
    if (name.line === '') return;
    tty.raw('Password: ');
    const secret = await tty.line('secret');
    if (secret.end !== 'enter') return;
    if (name.line === setup.user && secret.line === setup.password) {
      await runLoginShell(setup);
      await clock.sleep(200, signal);
      return;
    }
    // PAM holds a wrong answer back.
    await clock.sleep(2000, signal);
    await tty.running();
    tty.print('\nLogin incorrect\n\n');
  }
}
