/** A file that proves what a case claims; `file` is relative to the artifacts folder. */
export interface Evidence {
  readonly file: string;
  readonly mediaType: string;
  /** What the file shows, e.g. `features the guest kernel switched on`. */
  readonly proves: string;
  readonly sizeBytes: number;
  /** Hex digest of the file as written; a report is red when the file no longer matches it. */
  readonly sha256: string;
}
