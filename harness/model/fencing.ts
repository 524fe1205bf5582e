/** Who keeps a run from writing that has lost its Lease. */
export interface Fencing {
  /** The client always does; the server too where it has admission policies and lets us use them. */
  readonly by: 'client' | 'client and server';
  /** How the server does it, or why it does not. */
  readonly why: string;
}

/** `client-side fencing: the server has no admission policies`, `fencing by the server too: ...`. */
export function fencingText({ by, why }: Fencing): string {
  return `${by === 'client' ? 'client-side fencing' : 'fencing by the server too'}: ${why}`;
}
