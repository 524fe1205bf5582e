import type { Entry } from './tree.ts';

/** Whether a user may read it. Everything belongs to root, who may read all. */
export function mayRead(entry: Entry, user: string): boolean {
  return user === 'root' || (entry.mode & 0o004) !== 0;
}
