import { deadline } from '../scope/deadline.ts';
import type { SshSession } from './session.ts';

/** A login shell with a long profile may take its time; it must not hold up the commands behind it for ever. */
const QUICKEN_WITHIN_MS = 5000;

/**
 * sshd leaves Nagle's algorithm on for a connection that only forwards ports, which delays small watch events by
 * 14 ms and more; the first session channel makes it set TCP_NODELAY for good. Without one it is only slower.
 * Resolves, with the reason why not, when that channel is over.
 */
export async function quicken(session: SshSession): Promise<Error | undefined> {
  using bound = deadline(QUICKEN_WITHIN_MS, session.ended, () => new Error('the shell did not end'));
  try {
    await session.exec('true', { signal: bound.signal });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
