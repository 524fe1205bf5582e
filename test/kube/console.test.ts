import { expect } from 'chai';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { WebSocket } from 'ws';
import { InfraError, ProductFailure } from '../../harness/errors/errors.ts';
import { openConsole } from '../../harness/kube/console.ts';
import { ConsoleText } from '../../harness/kube/console-text.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

const WITHIN = { withinMs: 3000 };

describe('a serial console', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let guest: Promise<WebSocket>;
  beforeEach(async () => {
    server = await startApiServer();
    scope = openScope(() => {});
    guest = new Promise((resolve) => server.onWebSocket(resolve));
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });
  const open = () =>
    openConsole(scope, openKubeClient(scope, server.opener, server.access), { namespace: 'lane', name: 'sev-1' });

  it('speaks plain.kubevirt.io in binary frames to the subresource of the guest', async () => {
    const screen = await open();
    const socket = await guest;
    expect(socket.protocol).to.equal('plain.kubevirt.io');
    expect(server.requests[0]?.path).to.equal(
      '/apis/subresources.kubevirt.io/v1/namespaces/lane/virtualmachineinstances/sev-1/console',
    );
    const typed = new Promise((resolve) => socket.once('message', (data, isBinary) => resolve(`${isBinary} ${data}`)));
    screen.send('root\n');
    expect(await typed).to.equal('true root\n');
  });

  it('finds a prompt whose colours and bytes come in pieces, and keeps the transcript as it came', async () => {
    const screen = await open();
    const socket = await guest;
    const said = Buffer.from('boot\r\n\x1b[1;32mgrüße\x1b[0m lo\x1b[Kgin: ');
    for (const byte of said) socket.send(Buffer.of(byte));
    const { before, index, match } = await screen.expect([/never/, /grüße login: $/], WITHIN);
    expect({ before, index, text: match[0] }).to.deep.equal({ before: 'boot\n', index: 1, text: 'grüße login: ' });
    expect(screen.transcript).to.equal(said.toString());
  });

  it('takes the earliest match, and looks only at what comes after it the next time', async () => {
    const screen = await open();
    (await guest).send(Buffer.from('one two three two'));
    expect((await screen.expect(['three', 'two'], WITHIN)).index).to.equal(1);
    expect((await screen.expect([/one|three/g], WITHIN)).match[0]).to.equal('three');
    expect((await screen.expect(['two'], WITHIN)).before).to.equal(' ');
  });

  it('blames the product for silence, and shows the last words', async () => {
    const screen = await open();
    (await guest).send(Buffer.from('Kernel panic\r\n'));
    await screen.expect(['Kernel'], WITHIN);
    const error = await failure(screen.expect([/login:/], { withinMs: 60, goal: 'login prompt' }), ProductFailure);
    expect(error.message).to.match(
      /serial console of "lane\/sev-1": login prompt: not within 60 ms; last saw " ?panic"/,
    );
  });

  it('finds a prompt after much that came before it, with all of that', async () => {
    const screen = await open();
    const socket = await guest;
    const waiting = screen.expect([/^login: /m], WITHIN);
    for (let line = 0; line < 500; line++) socket.send(Buffer.from(`[ ${line} ] booting\r\n`));
    socket.send(Buffer.from('log'));
    socket.send(Buffer.from('in: '));
    const { before } = await waiting;
    expect(before.split('\n')).to.have.length(501);
  });

  it('gives up a guest that floods it, long before it has eaten all time and memory', async () => {
    const screen = await open();
    const socket = await guest;
    const flood = Buffer.from('[ 1.0 ] the same again\r\n'.repeat(2000));
    const waiting = failure(screen.expect([/^login: /m], { withinMs: 30_000 }), ProductFailure);
    for (let frame = 0; frame < 400 && socket.readyState === socket.OPEN; frame++) socket.send(flood);
    expect((await waiting).message).to.match(/the guest floods it: more than 8 MiB; it last said ".*again"/);
  });

  it('tells at once that another client took it, but first what had come', async () => {
    const screen = await open();
    const socket = await guest;
    socket.send(Buffer.from('login: '));
    socket.terminate();
    await screen.expect(['login: '], WITHIN);
    const error = await failure(screen.expect(['$ '], WITHIN), InfraError);
    expect(error.message).to.include('closed by the server (websocket code 1006); the guest last said "login:"');
    expect(error.hint).to.include('only one can hold it');
    expect(() => screen.send('x')).to.throw(InfraError);
  });

  it('asks again while the guest is not running yet', async () => {
    const fresh = await startApiServer();
    const opening = openConsole(scope, openKubeClient(scope, fresh.opener, fresh.access), {
      namespace: 'l',
      name: 'g',
    });
    const opened = new Promise<WebSocket>((resolve) => {
      const started = setInterval(() => {
        if (fresh.requests.length === 0) return;
        clearInterval(started);
        fresh.onWebSocket(resolve);
      }, 5);
    });
    const screen = await opening;
    (await opened).send(Buffer.from('hello'));
    await screen.expect(['hello'], WITHIN);
    expect(fresh.requests).to.have.length(2);
    await screen.close();
    await fresh.close();
  });

  it('closes with its scope', async () => {
    await open();
    const socket = await guest;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    expect(await scope.close()).to.deep.equal([]);
    await closed;
  });
});

describe('the text of a console', () => {
  const ESC = '\x1b';
  const PIECES = [
    'a',
    '\r\n',
    'ü',
    '€',
    `${ESC}[0m`,
    `${ESC}[?2004h`,
    `${ESC}]0;title\x07`,
    `${ESC}(B`,
    `${ESC}[12;3H`,
    `${ESC}c`,
    '\x08',
    '\t',
  ];
  const PLAIN: Readonly<Record<string, string>> = { a: 'a', '\r\n': '\n', ü: 'ü', '€': '€', '\t': '\t' };

  it('is the same however its bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES)), fc.array(fc.nat(20)), (pieces, cuts) => {
        const text = new ConsoleText();
        let bytes = Buffer.from(pieces.join(''));
        for (const cut of cuts) {
          text.add(bytes.subarray(0, cut));
          bytes = bytes.subarray(cut);
        }
        text.add(bytes);
        expect(text.plain).to.equal(pieces.map((piece) => PLAIN[piece] ?? '').join(''));
        expect(text.raw).to.equal(pieces.join(''));
      }),
    );
  });

  it('does not swallow everything after a stray escape', () => {
    const text = new ConsoleText();
    text.add(Buffer.from(`${ESC}]0;never ended ${'x'.repeat(300)}`));
    text.add(Buffer.from('login: '));
    expect(text.plain).to.match(/login: $/);
  });
});
