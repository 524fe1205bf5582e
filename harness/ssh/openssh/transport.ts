import type { SshTarget } from '../../model/host.ts';
import type { Scope } from '../../scope/scope.ts';
import { describeTarget } from '../hop.ts';
import type { SshTransport } from '../session.ts';
import { type LocalPrograms, type Person, startMaster } from './master.ts';
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
      const master = await startMaster({ ...programs, known, target, description, scope: { ...scope, signal } });
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
