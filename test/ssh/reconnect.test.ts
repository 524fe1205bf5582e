import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import { firstSession, reconnect } from '../../harness/ssh/reconnect.ts';
import type { SshSession, SshTransport } from '../../harness/ssh/session.ts';
import { failure } from '../failure.ts';

type Try = (signal: AbortSignal) => Promise<SshSession>;

const refused: Try = async () => {
  throw new ConnectionCut('connection refused', { hint: 'start sshd' });
};
const otherKey: Try = async () => {
  throw new InfraError('the host key has changed');
};
const silent: Try = (signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** A transport whose tries end as told, the last word repeated; it remembers when each began. */
function scripted(...tries: readonly Try[]): SshTransport & { readonly begun: number[] } {
  const begun: number[] = [];
  return {
    name: 'ssh2',
    description: 'root@node:22',
    begun,
    async open(signal) {
      begun.push(performance.now());
      const next = tries[Math.min(begun.length, tries.length) - 1] ?? refused;
      return await next(signal);
    },
  };
}

function session(): SshSession & { closed: number } {
  return {
    closed: 0,
    exec: async () => ({ code: 0, stdout: '', stderr: '' }),
    openChannel: () => Promise.reject(new Error('none')),
    ping: async () => {},
    ended: new AbortController().signal,
    traffic: { sent: 0, received: 0 },
    cut() {},
    async close() {
      this.closed += 1;
    },
  };
}

const calm = { budgetMs: 20_000, usualMs: 10, signal: new AbortController().signal };

describe('a reconnection', () => {
  it('is tried at once', async () => {
    const made = session();
    const before = performance.now();
    const transport = scripted(async () => made);
    expect(await reconnect(transport, calm)).to.deep.equal({ session: made, tries: 1 });
    expect((transport.begun[0] ?? 0) - before).to.be.below(50);
  });

  it('is tried again after pauses that grow, none of them like another', async () => {
    const made = session();
    const transport = scripted(refused, refused, refused, refused, async () => made);
    expect(await reconnect(transport, calm)).to.deep.equal({ session: made, tries: 5 });
    const pauses = transport.begun.slice(1).map((at, n) => at - (transport.begun[n] ?? 0));
    [50, 100, 200, 400].forEach((least, n) => {
      expect(pauses[n]).to.be.at.least(least - 2);
    });
  });

  it('ends with its budget and says what the last try saw', async () => {
    const before = performance.now();
    const ended = await reconnect(scripted(refused), { ...calm, budgetMs: 300 });
    expect(performance.now() - before).to.be.at.least(298);
    expect(ended).to.have.nested.property('last.message', 'connection refused');
    expect(ended.tries).to.be.at.least(2);
  });

  it('says that nothing answered when the only try took up the whole budget', async () => {
    const ended = await reconnect(scripted(silent), { ...calm, budgetMs: 100 });
    expect(ended).to.have.nested.property('last.message').that.includes('no time is left');
    expect(ended.tries).to.equal(1);
  });

  it('ends sooner where the node means its refusal, and not where that passes', async () => {
    const meant = await reconnect(scripted(otherKey), calm);
    expect(meant).to.have.nested.property('last.message', 'the host key has changed');
    expect(meant.tries).to.equal(3);
    const made = session();
    const passing = scripted(otherKey, otherKey, refused, otherKey, otherKey, async () => made);
    expect(await reconnect(passing, calm)).to.deep.equal({ session: made, tries: 6 });
  });

  it('gives up a try that hangs for a new one', async () => {
    const made = session();
    const transport = scripted(silent, async () => made);
    expect(await reconnect(transport, calm)).to.deep.equal({ session: made, tries: 2 });
    expect((transport.begun[1] ?? 0) - (transport.begun[0] ?? 0)).to.be.at.least(2990);
  });

  it('waits for a person who is asked, although that takes longer than a server may', async () => {
    const made = session();
    const transport = scripted(
      () => new Promise((resolve) => setTimeout(() => resolve(made), 3300)),
      async () => session(),
    );
    expect(await reconnect(transport, { ...calm, isAsking: () => true })).to.deep.equal({ session: made, tries: 1 });
  });

  it('closes a session that comes after it was given up', async () => {
    const made = session();
    let come: () => void = () => {};
    const late: Try = () =>
      new Promise((resolve) => {
        come = () => resolve(made);
      });
    const stop = new AbortController();
    const ended = reconnect(scripted(late), { ...calm, signal: stop.signal });
    stop.abort(new Error('closed'));
    await ended;
    come();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.closed).to.equal(1);
  });

  it('ends at once when it is stopped in a pause', async () => {
    const stop = new AbortController();
    const transport = scripted(refused);
    const before = performance.now();
    // So many that the first pause is one of 5 s.
    const ended = reconnect(transport, { ...calm, signal: stop.signal, pauses: 10 });
    stop.abort(new Error('closed'));
    expect(await ended).to.deep.equal({ tries: 0 });
    expect(performance.now() - before).to.be.below(2000);
    expect(transport.begun).to.deep.equal([]);
  });
});

describe('the first connection', () => {
  const { signal } = calm;

  it('lives through two dropped greetings, and gives up after three with an infra error', async () => {
    const made = session();
    expect(
      (
        await firstSession(
          scripted(refused, refused, async () => made),
          signal,
        )
      ).session,
    ).to.equal(made);
    const transport = scripted(refused);
    const error = await failure(firstSession(transport, signal), InfraError);
    expect(error).to.include({ message: 'connection refused', hint: 'start sshd' });
    expect(transport.begun).to.have.length(3);
  });

  it('does not insist where the node refuses us', async () => {
    const transport = scripted(otherKey);
    expect((await failure(firstSession(transport, signal), InfraError)).message).to.include('has changed');
    expect(transport.begun).to.have.length(1);
  });
});
