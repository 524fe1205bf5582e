import type { Streams } from './environment.ts';
import { LeaveLoop } from './leave.ts';

/** The input as the rounds of a loop share it: each read takes one line. */
export function lineByLine(stdin: Streams['stdin']): Streams['stdin'] {
  let rest: string | undefined;
  return async () => {
    rest ??= await stdin();
    const end = rest.indexOf('\n') + 1 || rest.length;
    const line = rest.slice(0, end);
    rest = rest.slice(end);
    return line;
  };
}

/** Runs a round for each item; `break` and `continue` end here. */
export async function runLoop<T>(items: Iterable<T>, round: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) {
    try {
      await round(item);
    } catch (error) {
      if (!(error instanceof LeaveLoop)) throw error;
      if (error.how === 'break') return;
    }
  }
}

/** For loops that end by themselves or by a break. */
export function* endless(): Generator<number> {
  for (let round = 0; ; round += 1) yield round;
}
