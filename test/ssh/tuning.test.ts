import { type AddressInfo, createServer, type Server } from 'node:net';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import ssh2 from 'ssh2';
import type { SshSession } from '../../harness/ssh/session.ts';
import { ssh2Transport } from '../../harness/ssh/ssh2-transport.ts';
import { adjustWindowsSooner, corkWrites } from '../../harness/ssh/tuning.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

const MIB = 1024 * 1024;

describe('tuning of the library', () => {
  it('sends what is written in one turn in one piece, in order', async () => {
    const pieces: string[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        pieces.push(String(chunk));
        done();
      },
      writev(chunks, done) {
        pieces.push(chunks.map(({ chunk }) => String(chunk)).join(''));
        done();
      },
    });
    corkWrites(stream);
    for (const word of ['a', 'b', 'c']) stream.write(word);
    await Promise.resolve();
    stream.write('d');
    stream.end('e');
    await new Promise((resolve) => stream.once('finish', resolve));
    expect(pieces.join('')).to.equal('abcde');
    expect(pieces[0]).to.equal('abc');
  });

  describe('of windows', () => {
    let sshd: Sshd;
    let session: SshSession;
    let source: Server;
    before(function () {
      needSshd(this);
    });
    beforeEach(async () => {
      sshd = await startSshd();
      session = await ssh2Transport(sshd.target()).open(AbortSignal.timeout(15_000));
      const block = Buffer.alloc(64 * 1024, 7);
      source = createServer((socket) => {
        const pump = () => {
          while (socket.write(block));
        };
        socket.on('drain', pump).on('error', () => {});
        pump();
      });
      await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
    });
    afterEach(async () => {
      await session?.close();
      source?.close();
      await sshd?.close();
    });
    const open = () => session.openChannel({ host: '127.0.0.1', port: (source.address() as AddressInfo).port });

    it('tells the peer of new room after each 128 KiB that were read', async () => {
      const channel = await open();
      const sentBefore = session.traffic.sent;
      let bytes = 0;
      for await (const chunk of channel) {
        bytes += chunk.length;
        if (bytes > 16 * MIB) break;
      }
      // A window adjustment takes about 50 bytes on the wire; one for each MiB would be 16.
      expect(session.traffic.sent - sentBefore).to.be.above(3000);
    });

    it('gives no room to a peer whose channel nobody reads', async () => {
      const channel = await open();
      const other = await open();
      let bytes = 0;
      for await (const chunk of other) {
        bytes += chunk.length;
        if (bytes > 32 * MIB) break;
      }
      expect(channel.readableLength).to.be.at.most(4 * MIB + 256 * 1024);
    });
  });

  it('knows the version that is installed, and leaves any other alone', () => {
    const client = new ssh2.Client();
    const sink = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    client.on('error', () => {}).connect({ sock: sink, username: 'nobody', readyTimeout: 0 });
    const { _protocol: protocol } = client as unknown as { _protocol: { _handlers: { CHANNEL_DATA: unknown } } };
    const original = protocol._handlers.CHANNEL_DATA;
    expect(adjustWindowsSooner(client, '1.18.0')).to.equal(false);
    expect(protocol._handlers.CHANNEL_DATA).to.equal(original);
    expect(adjustWindowsSooner(client)).to.equal(true);
    expect(protocol._handlers.CHANNEL_DATA).to.not.equal(original);
    sink.destroy();
  });

  it('leaves a client of another shape alone', () => {
    expect(adjustWindowsSooner({} as ssh2.Client, '1.17.0')).to.equal(false);
  });
});
