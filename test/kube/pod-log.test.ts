import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { KubeClient } from '../../harness/kube/client.ts';
import { KubeError } from '../../harness/kube/errors.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { type PodLogWish, readPodLog } from '../../harness/kube/pod-log.ts';
import { hasConsoleLog, readConsoleLog } from '../../harness/kubevirt/console-log.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, refuse, startApiServer } from './api-server.ts';

describe('the log of a container', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let client: KubeClient;
  let answer: (to: ServerResponse) => void;

  beforeEach(async () => {
    server = await startApiServer();
    scope = openScope(() => {});
    client = openKubeClient(scope, server.opener, server.access);
    server.on((_, to) => answer(to));
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  const read = async (changes: Partial<PodLogWish> = {}) =>
    await readPodLog(client, { namespace: 'n', pod: 'p', container: 'c', signal: scope.signal, ...changes });

  it('is asked for as it is wanted', async () => {
    answer = (to) => void to.end('one\n');
    const since = new Date('2026-01-02T03:04:05.678Z');
    expect(await read({ previous: true, timestamps: true, since })).to.deep.equal({
      head: 'one\n',
      tail: '',
      leftOutBytes: 0,
    });
    const [asked] = server.requests;
    expect(asked?.path).to.equal('/api/v1/namespaces/n/pods/p/log');
    expect(Object.fromEntries(asked?.query ?? [])).to.deep.equal({
      container: 'c',
      previous: 'true',
      timestamps: 'true',
      sinceTime: '2026-01-02T03:04:05.678Z',
    });
  });

  it('of any length gives its first lines and its last, in whole lines, and how much is left out', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at} ${'ü'.repeat(at % 7)}\n`);
    answer = (to) => {
      for (const line of lines) to.write(line);
      to.end();
    };
    const { head, tail, leftOutBytes } = await read({ maxBytes: 4000 });
    const whole = lines.join('');
    expect(whole.startsWith(head) && head.endsWith('\n')).to.equal(true);
    expect(whole.endsWith(`\n${tail}`) && tail !== '').to.equal(true);
    expect(head.length + tail.length).to.be.within(3000, 4000);
    expect(leftOutBytes).to.equal(Buffer.byteLength(whole) - Buffer.byteLength(head) - Buffer.byteLength(tail));
  });

  it('that breaks off gives what came before, and says so', async () => {
    answer = (to) => {
      to.write('one\n');
      setImmediate(() => server.cut());
    };
    const log = await read();
    expect(log.head).to.equal('one\n');
    expect(log.brokenOff).to.match(/\S/);
  });

  it('that is refused is an error with the words of the server', async () => {
    answer = (to) => refuse(to, 400, 'BadRequest', 'container "c" in pod "p" is waiting to start: PodInitializing');
    expect((await failure(read(), KubeError)).message).to.include('waiting to start: PodInitializing');
  });

  const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' }, spec });
  const LOGGER = { name: 'guest-console-log' };

  it('tells what a guest wrote to its serial port, whichever sort of container logs it', async () => {
    answer = (to) => void to.end('[    0.0] Linux\r\r\nlogin: ');
    for (const spec of [{ containers: [LOGGER] }, { containers: [], initContainers: [LOGGER] }]) {
      const log = await readConsoleLog(client, pod(spec), { signal: scope.signal });
      expect(log?.head).to.equal('[    0.0] Linux\nlogin: ');
    }
    expect(server.requests.map(({ query }) => query.get('container'))).to.deep.equal([LOGGER.name, LOGGER.name]);
  });

  it('of a guest without a serial log is not asked for', async () => {
    const plain = pod({ containers: [{ name: 'compute' }] });
    expect(hasConsoleLog(plain)).to.equal(false);
    expect(await readConsoleLog(client, plain, { signal: scope.signal })).to.equal(undefined);
    expect(server.requests).to.deep.equal([]);
  });
});
