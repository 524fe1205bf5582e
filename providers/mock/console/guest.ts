import { type Clock, untilStopped } from '../clock.ts';
import { FIRMWARE_TEXT, PANIC_TEXT, SHUTDOWN_TEXT, STARTUP_TEXT } from './boot-text.ts';
import { runLogin } from './login.ts';
import { SerialPort } from './serial-port.ts';
import type { GuestSystem } from './system.ts';
import { PoweredOff, Tty } from './tty.ts';

export interface GuestSetup {
  readonly system: GuestSystem;
  /** As /etc/issue has it, e.g. `Fedora Linux 39 (Cloud Edition)`. */
  readonly issue: string;
  readonly user: string;
  readonly password: string;
  /** Simulated milliseconds from power-on to the login prompt. */
  readonly bootMs: number;
  readonly misbehaviour?: 'silent' | 'no-login' | 'garbage' | 'panic' | undefined;
  /** Stays as it is until `resume`. */
  readonly paused: boolean;
  readonly clock: Clock;
  /** Aborts when the machine is switched off. */
  readonly signal: AbortSignal;
  /** The guest switched itself off. */
  poweredOff(): void;
}

/** A machine's software as one sees it at the serial port. */
export interface Guest {
  readonly serial: SerialPort;
  /** Settles when the guest has ended, by itself or because the signal aborted. */
  readonly ended: Promise<void>;
  pause(): void;
  resume(): void;
  /** The ACPI power button: a healthy guest goes down by itself. */
  powerButton(): void;
}

/** Switches a guest on: firmware, kernel log, system start, then the login prompt. */
export function bootGuest(setup: GuestSetup): Guest {
  const serial = new SerialPort();
  const life = new AbortController();
  const signal = AbortSignal.any([setup.signal, life.signal]);
  // A silent console still has a guest behind it, which just does not use this port.
  const port = setup.misbehaviour === 'silent' ? new SerialPort() : serial;
  const tty = new Tty(port, signal);
  let release = setup.paused ? tty.hold() : undefined;
  let goingDown = false;
  const goDown = () => {
    if (goingDown || setup.misbehaviour === 'panic') return;
    goingDown = true;
    void shutDown(setup, tty, signal).then((finished) => {
      life.abort();
      if (finished) setup.poweredOff();
    });
  };
  const ended = play(setup, tty, goDown).catch((error: unknown) => {
    if (!(error instanceof PoweredOff)) throw error;
  });
  return {
    serial,
    ended,
    pause: () => {
      release ??= tty.hold();
    },
    resume: () => {
      release?.();
      release = undefined;
    },
    powerButton: goDown,
  };
}

async function play(setup: GuestSetup, tty: Tty, powerOff: () => void): Promise<void> {
  const { clock, signal, bootMs, misbehaviour } = setup;
  await boot(setup, tty);
  if (misbehaviour === 'panic') tty.print(PANIC_TEXT);
  if (misbehaviour === 'garbage') return await babble(tty, clock, signal);
  if (misbehaviour === 'panic' || misbehaviour === 'no-login') return await untilStopped(signal);
  await clock.sleep(bootMs * 0.1, signal);
  tty.open();
  for (;;) await runLogin({ ...setup, tty, powerOff });
}

/** Firmware, kernel and services, spread over the boot time. */
async function boot({ system, clock, signal, bootMs, misbehaviour }: GuestSetup, tty: Tty): Promise<void> {
  const kernel = system.kernelLog().split('\n').filter(Boolean);
  const quarter = Math.ceil(kernel.length / 4);
  const pieces: readonly (readonly [share: number, text: string])[] = [
    [0.1, FIRMWARE_TEXT],
    ...[0, 1, 2, 3].map((at) => [0.1, `${kernel.slice(at * quarter, (at + 1) * quarter).join('\n')}\n`] as const),
    ...(misbehaviour === 'panic' ? [] : [[0.2, STARTUP_TEXT.slice(0, 6).join('\n')] as const]),
    ...(misbehaviour === 'panic' ? [] : [[0.2, `\n${STARTUP_TEXT.slice(6).join('\n')}\n`] as const]),
  ];
  for (const [share, text] of pieces) {
    await clock.sleep(bootMs * share, signal);
    await tty.running();
    tty.print(text);
  }
}

async function shutDown({ clock, system }: GuestSetup, tty: Tty, signal: AbortSignal): Promise<boolean> {
  try {
    await tty.running();
    await clock.sleep(1200, signal);
    await tty.running();
    tty.print(`${SHUTDOWN_TEXT.join('\n')}\n`);
    await clock.sleep(800, signal);
    await tty.running();
    const last = [...system.kernelLog().matchAll(/^\[ *(\d+\.\d+)\]/gm)].at(-1)?.[1] ?? '60.0';
    tty.print(`[${(Number(last) + 40).toFixed(6).padStart(12)}] reboot: Power down\n`);
    return !signal.aborted;
  } catch (error) {
    if (error instanceof PoweredOff) return false;
    throw error;
  }
}

/** Line noise: bytes that no terminal makes sense of, always the same ones. */
async function babble(tty: Tty, clock: Clock, signal: AbortSignal): Promise<void> {
  let seed = 0x2545f491;
  while (!signal.aborted) {
    const bytes = Buffer.alloc(96);
    for (let at = 0; at < bytes.length; at += 1) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      bytes[at] = seed >>> 24;
    }
    await tty.running();
    tty.raw(bytes);
    // At the pace of the wall: a fast clock must not turn noise into a flood.
    await clock.sleep(200 * clock.pace, signal);
  }
}
