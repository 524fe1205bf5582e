import type { Blame } from '../model/finding.ts';
import type { StopSignal } from '../model/own-process.ts';

interface ErrorDetails {
  readonly cause?: unknown;
  /** One action that may help. */
  readonly hint?: string;
}

/** An error that already knows whom to blame. Adapters at the borders make them; nobody above matches message text. */
export abstract class LaneError extends Error {
  abstract readonly blame: Blame;
  readonly hint: string | undefined;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.hint = details.hint;
  }
}

/** The user asked for something that cannot be: exit 2, nothing was opened. */
export class UsageError extends LaneError {
  override readonly name = 'UsageError';
  readonly blame = 'usage';
}

/** KubeVirt or a guest misbehaved on a node whose facts allow it: exit 1. */
export class ProductFailure extends LaneError {
  override readonly name = 'ProductFailure';
  readonly blame = 'product';
}

/** The node, the network or the cluster is not fit: exit 3. */
export class InfraError extends LaneError {
  override readonly name = 'InfraError';
  readonly blame = 'infra';
}

/** The cluster is not ours any more, or may not be: nothing may be changed on it, and its next holder sweeps what we left. */
export class LostLease extends InfraError {}

/**
 * The connection was cut while this was under way, and what became of it is not known. It may heal: who can tell
 * whether the work was done, or may do it twice, tries again; everybody else lets it pass as infra.
 */
export class ConnectionCut extends LaneError {
  override readonly name = 'ConnectionCut';
  readonly blame = 'infra';
}

/** A person, a terminal that went away or Prow stopped the run with a signal. */
export class Interrupted extends LaneError {
  override readonly name = 'Interrupted';
  readonly blame = 'interrupted';
  readonly signalName: StopSignal;
  constructor(signalName: StopSignal) {
    super(`stopped by ${signalName}`);
    this.signalName = signalName;
  }
}
