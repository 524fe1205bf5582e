/** Sizes in bytes: what a person reads next morning, and what an artifacts bucket is glad of. */
export interface BundleLimits {
  readonly fileBytes: number;
  readonly bundleBytes: number;
  /** All bundles of a run together. */
  readonly runBytes: number;
  /** As upstream's reporter: after so many failures another one teaches little. */
  readonly mostBundles: number;
}

/** The limits of a run. */
export const BUNDLE_LIMITS: BundleLimits = {
  fileBytes: 2 * 1024 * 1024,
  bundleBytes: 24 * 1024 * 1024,
  runBytes: 128 * 1024 * 1024,
  mostBundles: 20,
};

/** What is kept of the folder's limit for the timeline and the index, which are written last. */
export const RESERVED_BYTES = 1024 * 1024;

/**
 * The beginning and the end of a text that is too long, cut between lines; of a line that is itself too long, nothing
 * in between is kept.
 */
export function bothEnds(text: string, maxBytes: number): { readonly text: string; readonly leftOutBytes: number } {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return { text, leftOutBytes: 0 };
  const each = Math.max(0, Math.floor(maxBytes / 2) - 64);
  const whole = Buffer.from(text);
  const first = whole.subarray(0, each).toString('utf8');
  const last = whole.subarray(bytes - each).toString('utf8');
  const head = first.slice(0, first.lastIndexOf('\n') + 1);
  const tail = last.slice(last.indexOf('\n') + 1 || last.length);
  const leftOutBytes = bytes - Buffer.byteLength(head) - Buffer.byteLength(tail);
  return { text: `${head}${gap(leftOutBytes)}${tail}`, leftOutBytes };
}

/** The line that stands where something was left out. */
export function gap(leftOutBytes: number): string {
  return `[... ${leftOutBytes} bytes are left out here ...]\n`;
}
