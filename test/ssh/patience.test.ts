import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { patience } from '../../harness/ssh/patience.ts';

describe('the patience with a host', () => {
  const late = () => new Error('too late');

  it('does not run out while a person thinks, and goes on from where it stood', async () => {
    const thinking = AbortSignal.timeout(400);
    using bound = patience(200, new AbortController().signal, {
      late,
      ask: async () => {
        await once(thinking, 'abort');
        return 'yes';
      },
    });
    expect(await bound.ask?.('?', { isSecret: false, signal: bound.signal })).to.equal('yes');
    expect(bound.signal.aborted).to.equal(false);
    await once(bound.signal, 'abort');
    expect(bound.signal.reason.message).to.equal('too late');
  });

  it('ends with whoever asked for it', () => {
    const stop = new AbortController();
    using bound = patience(60_000, stop.signal, { late, ask: undefined });
    stop.abort(new Error('enough'));
    expect(bound.signal.reason.message).to.equal('enough');
    expect(bound.ask).to.equal(undefined);
  });
});
