import type { Shell, Streams } from './environment.ts';
import { UnboundVariable } from './expand.ts';
import { LeaveFunction, LeaveLoop, LeaveShell } from './leave.ts';
import type { SyntaxProblem } from './syntax.ts';

/** How a script or a line ended: with what status, and whether by `exit`. */
export interface Ending {
  readonly status: number;
  readonly left: boolean;
}

/** Does the work and tells how it ended. @throws what neither the shell nor its user has caused. */
export async function untilEnd(shell: Shell, streams: Streams, work: () => Promise<void>): Promise<Ending> {
  try {
    await work();
    return { status: shell.status, left: false };
  } catch (error) {
    if (error instanceof LeaveShell) return { status: error.status, left: true };
    if (error instanceof LeaveFunction || error instanceof LeaveLoop) return { status: shell.status, left: false };
    if (!(error instanceof UnboundVariable)) throw error;
    streams.err(`${shell.self}: ${error.message}\n`);
    return { status: 127, left: false };
  }
}

/** Complains as bash does, with the first line where a sign of it is wrong. */
export function tellSyntaxProblem({ message }: SyntaxProblem, text: string, shell: Shell, { err }: Streams): void {
  const self = shell.self.replace(': line', ': -c: line');
  err(`${self}: ${message}\n`);
  if (message.includes('near unexpected')) err(`${self}: \`${text.split('\n')[0]}'\n`);
}
