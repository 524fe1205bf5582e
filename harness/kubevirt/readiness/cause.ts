import { InfraError, type LaneError, ProductFailure } from '../../errors/errors.ts';

/** Why something does not get ready, and whom to blame for it. */
export interface Cause {
  /** What it is about and of what sort: the same key is the same trouble, however its words change. */
  readonly key: string;
  /** Milliseconds that it may last before a wait ends of it; 0 for what no waiting heals. */
  readonly patienceMs: number;
  readonly blame: 'infra' | 'product';
  readonly message: string;
  readonly hint: string;
  /** A container whose previous log tells more. */
  readonly crashed?: { readonly namespace: string; readonly pod: string; readonly container: string };
}

/** A state that may well heal by itself. */
export const SHORT_MS = 30_000;
/** A state that belongs to starting up, and only in the long run is none. */
export const LONG_MS = 60_000;

/** The cause as an error; `told` is what else was found out about it. */
export function causeError(
  { blame, message, hint }: Cause,
  told: { readonly lastWords?: string | undefined } = {},
): LaneError {
  const { lastWords } = told;
  const whole = lastWords === undefined ? message : `${message}; its last words: ${JSON.stringify(lastWords)}`;
  return blame === 'product' ? new ProductFailure(whole, { hint }) : new InfraError(whole, { hint });
}
