import { InfraError } from '../errors/errors.ts';
import type { SshTarget } from '../model/host.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import type { SshConnection } from './connection.ts';
import { ssh2Transport } from './ssh2-transport.ts';

/** Bounds of a connection. */
export interface SshOptions {
  /** From the first packet to the first session; default 15 s. */
  readonly withinMs?: number;
  /** A frozen peer is noticed after four of these; default 1 s. */
  readonly heartbeatMs?: number;
}

const CONNECT_WITHIN_MS = 15_000;
const HEARTBEAT_MS = 1000;

/**
 * Connects to the node and keeps the connection until the scope closes. The host key is verified before any
 * credential is sent; a connection lost later aborts the scope.
 * @throws InfraError naming what was tried, what was seen and the fix.
 */
export async function connectSsh(
  scope: Scope,
  target: SshTarget,
  { withinMs = CONNECT_WITHIN_MS, heartbeatMs = HEARTBEAT_MS }: SshOptions = {},
): Promise<SshConnection> {
  const tell = (message: string) => scope.log.info(message);
  const transport = ssh2Transport(target, { tell, keepaliveMs: heartbeatMs });
  const { description } = transport;
  return await within(
    `ssh ${description}: connect`,
    {
      scope,
      withinMs,
      blame: 'infra',
      hint: 'check that the address is right and a firewall lets it through',
    },
    async (signal) => {
      const session = await transport.open(signal);
      scope.defer(`close ssh ${description}`, 5000, () => session.close());
      const losing = new AbortController();
      session.ended.addEventListener('abort', () => {
        const { message, hint } = session.ended.reason;
        losing.abort(new InfraError(message, { cause: session.ended.reason, hint }));
        scope.abort(losing.signal.reason);
      });
      scope.log.detail(`ssh ${description}: connected`);
      return {
        description,
        lost: losing.signal,
        exec: (command, options) => session.exec(command, options),
        openChannel: (to) => session.openChannel(to),
        close: () => session.close(),
      };
    },
  );
}
