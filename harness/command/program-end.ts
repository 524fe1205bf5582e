import { constants } from 'node:os';

/** How a program ended: exit status, 128 + n when a signal did it, as a shell would say. */
export interface ProgramEnd {
  readonly code: number;
  /** e.g. `SIGKILL`. */
  readonly signal?: NodeJS.Signals;
}

/** As a shell counts it. */
export function endOf(code: number | null | undefined, signal: string | null | undefined): ProgramEnd {
  if (signal === null || signal === undefined) return { code: code ?? -1 };
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return { code: 128 + (numbers[signal] ?? 0), signal: signal as NodeJS.Signals };
}
