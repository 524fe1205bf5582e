import { connect } from 'node:net';
import type { ServerChannel } from 'ssh2';

/** Joins a direct-tcpip channel to a port on loopback; undefined, or nobody there: the open fails as with sshd. */
export function forward(port: number | undefined, accept: () => ServerChannel, reject: () => void): void {
  if (port === undefined) {
    reject();
    return;
  }
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  socket.once('error', reject);
  socket.once('connect', () => {
    socket.removeListener('error', reject);
    const channel = accept();
    const endBoth = () => {
      socket.destroy();
      channel.destroy();
    };
    socket.on('error', endBoth);
    channel.on('error', endBoth);
    channel.once('close', () => socket.destroy());
    socket.once('close', () => channel.end());
    socket.pipe(channel).pipe(socket);
  });
}
