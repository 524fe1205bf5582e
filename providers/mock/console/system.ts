import type { FileTree } from '../shell/tree.ts';

/** What programs may ask of the guest that they run in. */
export interface GuestSystem {
  readonly hostname: string;
  /** As `uname -r` and `uname -v` have it. */
  readonly kernel: { readonly release: string; readonly version: string };
  readonly tree: FileTree;
  /** The kernel's ring buffer, one message a line, with the stamps in brackets. */
  kernelLog(): string;
}
