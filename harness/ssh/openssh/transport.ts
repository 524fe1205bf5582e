import { ConnectionCut } from '../../errors/errors.ts';
import type { SshTarget } from '../../model/host.ts';
import type { Scope } from '../../scope/scope.ts';
import { describeTarget } from '../hop.ts';
import type { SshTransport } from '../session.ts';
import { OtherThanPinned } from './explain.ts';
import { type LocalPrograms, type Master, type MasterStart, type Person, startMaster } from './master.ts';
import { OpensshSession } from './openssh-session.ts';

/**
 * The transport over the system's ssh, for what the built-in one cannot: certificates, security keys, GSSAPI, any key
 * exchange. One ssh process a session, which nobody else can use and which does not outlive us.
 */
export function opensshTransport(
  scope: Scope,
  target: SshTarget,
  programs: LocalPrograms & Pick<Person, 'ask'>,
): SshTransport {
  const known = new Map<string, string>();
  const description = describeTarget(target);
  return {
    name: 'openssh',
    description,
    async open(signal) {
      // The signal alone counts: after a stop of the scope a connection is still needed, to undo.
      const master = await startPinned(target, { ...programs, known, description, scope: { ...scope, signal } });
      try {
        const session = new OpensshSession(master, description);
        await session.ping(signal);
        return session;
      } catch (error) {
        await master.end(0);
        throw error;
      }
    },
  };
}

/** A host shows one key at a time: while it is not the pinned one, the next try asks for those of other types. */
async function startPinned(target: SshTarget, start: Omit<MasterStart, 'target' | 'notPinned'>): Promise<Master> {
  const seen: OtherThanPinned[] = [];
  for (;;) {
    try {
      return await startMaster({ ...start, target, notPinned: seen.map(({ keyType }) => keyType) });
    } catch (error) {
      const isNew = error instanceof OtherThanPinned && !seen.some(({ keyType }) => keyType === error.keyType);
      if (isNew) seen.push(error);
      else if (seen.length === 0 || error instanceof ConnectionCut || start.scope.signal.aborted) throw error;
      // Any other end, of a server that has no more keys for one, tells less than what was seen.
      else
        throw new OtherThanPinned(
          target,
          seen.map((one) => one.seen),
        );
    }
  }
}
