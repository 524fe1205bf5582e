import { posix } from 'node:path';
import { type Cause, invalid } from '../causes.ts';

/** A path into an image is absolute and has nothing relative in it. Source: pkg/storage/admitters ValidatePath. */
export function* filePath(path: string, field: string): Iterable<Cause> {
  if (path === '/') yield invalid(field, `${field} must not point to root`);
  else if (posix.join('/', path).replace(/\/$/, '') !== path.replace(/\/$/, '')) {
    yield invalid(field, `${field} must be an absolute path to a file without relative components`);
  }
}

/** True for `0000:01:10.1`. Source: pkg/util/hardware ParsePciAddress. */
export function isPciAddress(text: string): boolean {
  return /^[\da-fA-F]{4}:[\da-fA-F]{2}:[\da-fA-F]{2}\.[0-7]$/.test(text);
}
