import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import WebSocket from 'ws';
import type { Kubelet } from '../../../providers/mock/api/backends.ts';
import { type Running, running } from './running-server.ts';

describe('containers through the API server', () => {
  let host: Running | undefined;
  const start = async (...args: Parameters<typeof running>) => {
    host = await running(...args);
    return host;
  };
  afterEach(async () => {
    await host?.stop();
    host = undefined;
  });

  it('runs a command in a container over a websocket and tells its exit code', async () => {
    const { ask, network, server, admin } = await start();
    await podOnNode(ask);
    network.listenKubelet('n1', echoingKubelet());
    const url = `wss://127.0.0.1:${server.port}/api/v1/namespaces/default/pods/p/exec?command=cat&stdin=true&stdout=true&stderr=true`;
    const socket = new WebSocket(url, ['v5.channel.k8s.io'], admin);
    const frames: Buffer[] = [];
    socket.on('message', (data) => frames.push(data as Buffer));
    await once(socket, 'open');
    socket.send(Buffer.from('\u0000hello'));
    socket.send(Buffer.from([255, 0]));
    await once(socket, 'close');
    const on = (channel: number) =>
      Buffer.concat(frames.filter((frame) => frame[0] === channel).map((frame) => frame.subarray(1))).toString();
    expect(on(1)).to.equal('hello');
    expect(JSON.parse(on(3))).to.deep.include({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('cuts a websocket after so many bytes when told so', async () => {
    const { ask, network, server, admin } = await start({
      api: ({ subresource }) => (subresource === 'exec' ? { do: 'cut', afterBytes: 400 } : undefined),
    });
    await podOnNode(ask);
    network.listenKubelet('n1', echoingKubelet());
    const url = `wss://127.0.0.1:${server.port}/api/v1/namespaces/default/pods/p/exec?command=cat&stdin=true&stdout=true`;
    const socket = new WebSocket(url, ['v5.channel.k8s.io'], admin);
    await once(socket, 'open');
    socket.send(Buffer.concat([Buffer.from([0]), Buffer.alloc(1000, 'x')]));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).to.equal(1006);
  });

  it('shows the log of a container, and asks for its name where there are several', async () => {
    const { ask, network } = await start();
    await podOnNode(ask, ['one', 'two']);
    network.listenKubelet('n1', echoingKubelet());
    const log = '/api/v1/namespaces/default/pods/p/log';
    expect((await ask('GET', `${log}?container=two&tailLines=1`)).text).to.equal('second of two\n');
    expect((await ask('GET', log)).body.message).to.equal(
      'a container name must be specified for pod p, choose one of: [one two]',
    );
  });
});

async function podOnNode(ask: Running['ask'], containers: readonly string[] = ['c']): Promise<void> {
  const status = { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] };
  await ask('POST', '/api/v1/nodes', { body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status } });
  await ask('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
  });
  const spec = { nodeName: 'n1', containers: containers.map((name) => ({ name, image: 'x' })) };
  const made = await ask('POST', '/api/v1/namespaces/default/pods', {
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
  });
  expect(made.status, made.text).to.equal(201);
}

function echoingKubelet(): Kubelet {
  return {
    logs: (_pod, container) => Readable.from([`first of ${container}\n`, `second of ${container}\n`]),
    exec: () => {
      const stdin = new PassThrough();
      const stdout = stdin.pipe(new PassThrough());
      const exitCode = once(stdout, 'end').then(() => 3);
      return { stdin, stdout, stderr: Readable.from([]), exitCode, kill: () => stdin.destroy() };
    },
  };
}
