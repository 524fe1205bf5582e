import { Duplex } from 'node:stream';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import type { ChannelOpener } from '../../harness/kube/agent.ts';
import type { ConnectionMoment } from '../../harness/model/connection.ts';
import type { HostPort } from '../../harness/model/host.ts';
import type { Scope } from '../../harness/scope/scope.ts';

/** A supervised connection as a test plays it: it tells its moments, and what is asked during a cut waits. */
export interface Line extends ChannelOpener {
  /** Ends every channel with a ConnectionCut. */
  cut(): void;
  heal(): void;
  /** Gives up: nothing heals any more. */
  lose(): void;
}

export function openLine(scope: Scope, way: ChannelOpener): Line {
  const channels = new Set<Duplex>();
  const losing = new AbortController();
  let healed: Promise<void> = Promise.resolve();
  let heal = () => {};
  const tell = (kind: ConnectionMoment['kind']) => {
    const moment = { at: new Date().toISOString(), kind };
    const record = { description: way.description, transport: 'ssh2' as const, moments: [moment], cuts: 1, downMs: 0 };
    scope.emit({ type: 'connection', moment, record: { ...record, bytesSent: 0, bytesReceived: 0 } });
  };
  const drop = (reason: Error) => {
    for (const channel of channels) channel.destroy(reason);
    channels.clear();
  };
  return {
    description: way.description,
    lost: losing.signal,
    async openChannel(to: HostPort) {
      await healed;
      losing.signal.throwIfAborted();
      const channel = channelOver(await way.openChannel(to));
      channels.add(channel);
      channel.on('error', () => {}).once('close', () => channels.delete(channel));
      return channel;
    },
    cut() {
      healed = new Promise((resolve) => {
        heal = resolve;
      });
      tell('cut');
      drop(new ConnectionCut('ssh root@test:22: the connection was cut: nothing was heard any more'));
    },
    heal() {
      tell('reconnected');
      heal();
    },
    lose() {
      const reason = new InfraError('ssh root@test:22: lost for 5 s');
      tell('lost');
      losing.abort(reason);
      heal();
      scope.abort(reason);
    },
  };
}

/** A stream of its own over the socket, as an SSH channel is one: TLS treats a real socket in another way. */
function channelOver(socket: Duplex): Duplex {
  const channel = new Duplex({
    read: () => void socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => channel.push(chunk) || socket.pause());
  socket.on('end', () => channel.push(null));
  socket.on('error', (error) => channel.destroy(error));
  socket.on('close', () => channel.destroy());
  return channel;
}
