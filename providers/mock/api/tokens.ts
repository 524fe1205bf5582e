/** Placeholder. */
export interface Tokens {
  readonly issuer: string;
}
