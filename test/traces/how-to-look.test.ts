import { expect } from 'chai';
import { describe, it } from 'mocha';
import { howToLook } from '../../harness/traces/how-to-look.ts';

describe('the lines that lead to what was kept', () => {
  it('are commands to look, and the one that takes it away is last and says so', () => {
    const lines = howToLook({ way: ['--ssh', 'root@node'], isSimulated: false, guests: [] });
    expect(lines).to.deep.equal([
      'sevlane kubectl --ssh root@node -- get kubevirts,vmis,pods -A',
      'sevlane tunnel --ssh root@node',
      'when done: sevlane clean --ssh root@node',
    ]);
  });

  it('are none where the node ended with the run', () => {
    expect(howToLook({ way: [], isSimulated: true, guests: [] })).to.deep.equal([
      'the simulated node ends with this run: there is nothing to look at any more',
    ]);
  });
});
