import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { execInPod, type PodCommand } from '../../harness/kube/exec.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

const COMMAND: PodCommand = { namespace: 'lane', pod: 'p', container: 'compute', command: ['virsh', 'dumpxml', '1'] };
const frame = (channel: number, text: string) => Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
const SUCCESS = frame(3, JSON.stringify({ kind: 'Status', status: 'Success' }));

describe('exec in a pod', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  beforeEach(async () => {
    server = await startApiServer();
    scope = openScope(() => {});
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });
  const run = (changes: Partial<PodCommand> = {}) =>
    execInPod(scope, openKubeClient(scope, server.opener, server.access), { ...COMMAND, ...changes });

  it('keeps stdout and stderr apart and brings the success', async () => {
    server.onWebSocket((socket) => {
      for (const one of [frame(1, ''), frame(1, '<dom'), frame(2, 'warn'), frame(1, 'ain/>'), SUCCESS])
        socket.send(one);
      socket.close();
    });
    expect(await run()).to.deep.equal({ code: 0, stdout: '<domain/>', stderr: 'warn' });
    const [seen] = server.requests;
    expect(seen?.path).to.equal('/api/v1/namespaces/lane/pods/p/exec');
    expect(seen?.query.getAll('command')).to.deep.equal(['virsh', 'dumpxml', '1']);
    expect(seen?.headers['sec-websocket-protocol']).to.equal('v5.channel.k8s.io,v4.channel.k8s.io');
  });

  it('brings the exit code of a command that failed', async () => {
    const details = { causes: [{ reason: 'ExitCode', message: '42' }] };
    server.onWebSocket((socket) =>
      socket.send(frame(3, JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'NonZeroExitCode', details }))),
    );
    expect(await run()).to.include({ code: 42 });
  });

  it('feeds stdin and closes it', async () => {
    server.onWebSocket((socket) => {
      let input = '';
      socket.on('message', (data: Buffer) => {
        if (data[0] === 0) input += data.subarray(1).toString();
        if (data[0] === 255 && data[1] === 0) {
          socket.send(frame(1, input.toUpperCase()));
          socket.send(SUCCESS);
        }
      });
    });
    expect((await run({ stdin: 'hello' })).stdout).to.equal('HELLO');
  });

  it('never takes an end without status for success', async () => {
    server.onWebSocket((socket) => {
      socket.send(frame(1, 'half'));
      socket.close(1000);
    });
    const error = await failure(run(), InfraError);
    expect(error.message).to.include('exec "virsh dumpxml 1" in pod "lane/p" container "compute": closed before');
    server.onWebSocket((socket) => socket.terminate());
    await failure(run(), InfraError);
  });

  it('passes on why the command could not be run', async () => {
    const status = { kind: 'Status', status: 'Failure', reason: 'InternalError', message: 'no such container' };
    server.onWebSocket((socket) => socket.send(frame(3, JSON.stringify(status))));
    expect((await failure(run(), InfraError)).message).to.match(/: no such container$/);
  });

  it('ends by its own time when nothing comes, and by its limit when too much comes', async () => {
    server.onWebSocket(() => {});
    expect((await failure(run({ withinMs: 80 }), InfraError)).message).to.include('not within 80 ms');
    server.onWebSocket((socket) => {
      for (let n = 0; n < 50; n++) socket.send(frame(1, 'x'.repeat(1000)));
    });
    expect((await failure(run({ maxBytes: 10_000 }), InfraError)).message).to.include('more than 10000 bytes');
  });
});
