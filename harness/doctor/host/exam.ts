import type { Reading } from '../../host/readings.ts';
import type { HostState } from '../../host/state.ts';
import { type Check, type Judgement, unread } from '../check.ts';

/** What the checks of the host look at. */
export interface HostExam {
  readonly state: HostState;
  /** Memory of one guest of the lane, without what its launcher needs beside it. */
  readonly guestBytes: number;
  /** Guests of the lane that are alive at the same time. */
  readonly guestsAtOnce: number;
}

export type HostCheck = Check<HostExam>;

/** Where on the node. */
export function there(from: string): string {
  return `${from} on the node`;
}

/** Judges what was read; anything else is unread, with what would make it readable. */
export function judged<Value>(
  reading: Reading<Value>,
  action: string,
  judge: (value: Value, from: string) => Judgement,
): Judgement {
  if (reading.state !== 'read') return unread(reading.why, there(reading.from), action);
  return judge(reading.value, there(reading.from));
}

/** What to do where no setting of this machine would help: another processor, or a virtual one. */
export function elsewhere({ cpu }: HostState): string | undefined {
  if (cpu.state !== 'read') return undefined;
  if (cpu.value.vendor !== '' && cpu.value.vendor !== 'AuthenticAMD') return 'name a node with an AMD EPYC processor';
  return cpu.value.flags.has('hypervisor') ? 'name a node on bare metal' : undefined;
}

export const AS_ROOT = 'log in as root, or let the user use sudo without a password';
export const BY_HAND = 'look at it by hand on the node';
export const BIOS = 'switch SMEE on in the BIOS, and SEV-SNP with its memory coverage where the processor has it';
