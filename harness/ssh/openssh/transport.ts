import { runProgram } from '../../command/run.ts';
import { InfraError } from '../../errors/errors.ts';
import type { SshTarget } from '../../model/host.ts';
import type { Scope } from '../../scope/scope.ts';
import type { SshTransport } from '../session.ts';
import { sshEnvironment } from './arguments.ts';
import { type Master, type OpensshOptions, startMaster } from './master.ts';
import { OpensshSession } from './openssh-session.ts';

/**
 * The transport over the system's ssh, for what the built-in one cannot: certificates, security keys, GSSAPI, any key
 * exchange. One ssh process a session, which nobody else can use and which does not outlive us.
 */
export function opensshTransport(scope: Scope, target: SshTarget, options: OpensshOptions): SshTransport {
  const { description } = options;
  return {
    name: 'openssh',
    description,
    async open(signal) {
      const narrowed = scope.narrowed(signal);
      const master = await startMaster({ ...options, target, scope: narrowed });
      try {
        await quicken(master, narrowed, { ...options, program: target.openssh?.program ?? 'ssh' });
        const session = new OpensshSession(master, description);
        await session.ping(narrowed.signal);
        return session;
      } catch (error) {
        await master.end(0);
        throw error;
      }
    },
  };
}

const QUICKEN_WITHIN_MS = 5000;

/**
 * A connection that only forwards has Nagle's algorithm on at both ends, which delays small watch events by 14 ms and
 * more; the first command that ssh itself runs over it turns that off for good. Without it, it is only slower.
 */
async function quicken(
  { controlPath }: Master,
  scope: Scope,
  { own, description, program }: OpensshOptions & { readonly program: string },
): Promise<void> {
  const options = ['ControlMaster=no', 'BatchMode=yes', 'ProxyCommand=false'].flatMap((option) => ['-o', option]);
  const args = ['-F', 'none', '-S', controlPath.replaceAll('%', '%%'), '-T', ...options, '--', 'node', 'true'];
  try {
    await runProgram(
      { file: program, args },
      { own, environment: sshEnvironment(own.environment), signal: scope.signal, withinMs: QUICKEN_WITHIN_MS },
    );
  } catch (error) {
    scope.signal.throwIfAborted();
    const reason = error instanceof InfraError ? error.message : String(error);
    scope.log.detail(`ssh ${description}: no command to quicken the connection: ${reason}`);
  }
}
