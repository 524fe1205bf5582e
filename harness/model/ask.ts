/**
 * Asks a person at the terminal and gives back what was typed, without the line's end; `isSecret`: nothing is echoed.
 * The progress display stands still meanwhile. @throws the signal's reason when it aborts first.
 */
export type Ask = (
  question: string,
  options: { readonly isSecret: boolean; readonly signal: AbortSignal },
) => Promise<string>;
