import { expect } from 'chai';
import { turnstile } from '../../harness/scope/turnstile.ts';

describe('a turnstile', () => {
  it('never lets more through at a time than it may, and all of them in the end, also after failures', async () => {
    const enter = turnstile(3);
    let inside = 0;
    let most = 0;
    const work = (index: number) => async () => {
      inside++;
      most = Math.max(most, inside);
      await new Promise((done) => setImmediate(done));
      inside--;
      if (index % 4 === 0) throw new Error(`no ${index}`);
      return index;
    };
    const ended = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => enter(work(index))));
    expect(most).to.equal(3);
    expect(ended.filter(({ status }) => status === 'fulfilled')).to.have.length(15);
    expect(await enter(work(1))).to.equal(1);
  });
});
