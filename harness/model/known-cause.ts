/** A text that others have met before, found in what a run said or collected: why it happens and what to do. */
export interface KnownCause {
  /** Constant over releases, e.g. `no-asid-left`. */
  readonly id: string;
  readonly cause: string;
  /** One action. */
  readonly action: string;
  /** Where this is known from: a program's source, a specification or a thread. */
  readonly source: string;
  /** The line in which it was found, shortened. */
  readonly line: string;
  /** `message` when the finding itself says so, else the file of the bundle. */
  readonly from: string;
}
