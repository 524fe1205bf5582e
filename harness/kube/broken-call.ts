import { ConnectionCut, InfraError } from '../errors/errors.ts';

interface Break {
  readonly cause: unknown;
  /** False when the request had not left us: then nothing can have been done. Default true. */
  readonly isSent?: boolean;
}

/** The way to the API server broke under a call, before its end: what became of it is not known. */
export class BrokenCall extends InfraError {
  /** True when the connection to the node was cut, which may heal; false when only this one stream broke. */
  readonly isCut: boolean;
  readonly isSent: boolean;

  constructor(message: string, { cause, isSent = true }: Break) {
    super(message, { cause });
    this.isCut = cause instanceof ConnectionCut;
    this.isSent = isSent;
  }
}

/** True for work that a cut of the connection to the node ended, so that it may go on when that has healed. */
export function wasCut(error: unknown): boolean {
  return error instanceof ConnectionCut || (error instanceof BrokenCall && error.isCut);
}
