import type { Technology } from './technology.ts';

/** What the node can give of one technology. */
export interface Capability {
  readonly technology: Technology;
  /** `unknown`: the host was not read, or did not say. */
  readonly given: 'yes' | 'no' | 'unknown';
  /** Why, with the place where that was read. */
  readonly reason: string;
  /** How many such guests the ASIDs allow at once; absent where the host does not tell. */
  readonly guestsAtOnce?: number;
}

/** What follows from the host's facts for the suites: which guests, how many at once, and which expectations change. */
export interface CapabilityContract {
  readonly technologies: Readonly<Record<Technology, Capability>>;
  /** Expectations that differ from a plain SEV host's, each a sentence with its reason. */
  readonly changes: readonly string[];
}
