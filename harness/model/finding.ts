import type { KnownCause } from './known-cause.ts';

/** Whom a failure is blamed on. `product` is KubeVirt or a guest, `infra` the node, network or cluster, `internal` sevlane itself. */
export type Blame = 'usage' | 'product' | 'interrupted' | 'infra' | 'internal';

/** One thing that went wrong, told so that a stranger can act on it. */
export interface Finding {
  readonly blame: Blame;
  /** The phase or case in which it happened, e.g. `phase connect`. */
  readonly where: string;
  /** What was attempted, on what, and what was seen. One line. */
  readonly message: string;
  /** One action that may help. */
  readonly hint?: string;
  /** Messages of the underlying errors, outermost first. */
  readonly causes: readonly string[];
  /** What is known of texts in it and in what was collected about it; they explain it and decide nothing. */
  readonly knownCauses?: readonly KnownCause[];
  /** Only for `internal`: our own bugs are reported with their stack. */
  readonly stack?: string;
}
