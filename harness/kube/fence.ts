import type { LostLease } from '../errors/errors.ts';

/**
 * What stands before every request that changes something, once a lease is held: none is sent that could arrive when
 * another run has the cluster.
 */
export interface Fence {
  /** `namespace/name` of the Lease. */
  readonly lease: string;
  /** The holder's number, `leaseTransitions` of the lease when it was taken. */
  readonly epoch: number;
  /** Aborts, with a LostLease, as soon as the cluster is not ours any more. */
  readonly lost: AbortSignal;
  /**
   * Milliseconds, at most `atMostMs`, that a request may take which is sent soon.
   * @throws LostLease when not enough is left; the run ends then.
   */
  admit(what: string, atMostMs: number): number;
  /** True at the moment of sending when a request that takes `forMs` still ends in time. @throws LostLease as above. */
  holdsFor(what: string, forMs: number): boolean;
  /** The LostLease that this refusal means, when the server says that a later holder has the cluster. */
  hear(refusal: unknown): LostLease | undefined;
}

/** The annotation that says in which epoch an object of ours was written. */
export const EPOCH_ANNOTATION = 'sevlane/epoch';

/** The annotation that says which Lease, as `namespace/name`, that epoch is counted by: a cluster may have several. */
export const LEASE_ANNOTATION = 'sevlane/lease';

/** Under this name the server books what we write. */
export const FIELD_MANAGER = 'sevlane';
