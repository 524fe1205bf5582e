import { readFileSync } from 'node:fs';
import type { OwnProcess } from '../model/own-process.ts';

/** A process as it can be found again: its number alone may be another's by then. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks from the system's start to its own; absent where the system does not tell. */
  readonly startTime?: string;
}

/** Notes a process that runs now. */
export function identify(pid: number): ProcessIdentity {
  const startTime = statOf(pid)?.startTime;
  return startTime === undefined ? { pid } : { pid, startTime };
}

/** True while this very process runs; one that has ended and was only not waited for does not. */
export function isAlive({ pid, startTime }: ProcessIdentity, own: Pick<OwnProcess, 'kill'>): boolean {
  const now = statOf(pid);
  if (now !== undefined) return now.state !== 'Z' && (startTime === undefined || startTime === now.startTime);
  try {
    own.kill(pid, 0);
    return startTime === undefined;
  } catch (error) {
    // Somebody else's is no child of ours.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' && startTime === undefined;
  }
}

interface ProcessStat {
  readonly state: string;
  readonly group: string | undefined;
  /** Of its terminal: the process group in the foreground; -1 without a terminal. */
  readonly foreground: string | undefined;
  readonly startTime: string;
}

/** True when what the terminal itself sends, such as Ctrl-C, reaches this process and its group. */
export function hearsTerminal(pid: number): boolean {
  const stat = statOf(pid);
  // Where the system does not tell, it is as usual.
  return stat === undefined || stat.group === stat.foreground;
}

/** Source: proc(5), fields 3, 5, 8 and 22 of stat; the name in field 2 may hold blanks and brackets. */
function statOf(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    const [state, group, foreground, startTime] = [fields[0], fields[2], fields[5], fields[19]];
    return state === undefined || startTime === undefined ? undefined : { state, group, foreground, startTime };
  } catch {
    return undefined;
  }
}
