import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { replayKubevirtLaunch } from '../../conformance/kubevirt-launch.ts';
import { skipBecause } from '../../programs.ts';

// Compiled files lie in dist/test/mock/launcher; recordings beside the project.
const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');

describe('launcher against recorded answers', () => {
  it('gives the pods, domains, labels, conditions and states that KubeVirt itself gave', async function () {
    const verdicts = await replayKubevirtLaunch(join(PROJECT, '..', 'shared', 'vectors', 'kubevirt'));
    if (verdicts === undefined) return skipBecause(this, 'the recordings beside this project are not there');
    const wrong = verdicts.filter(({ differences }) => differences.length > 0);
    expect(wrong.map(({ group, name, differences }) => `${group} ${name}: ${differences[0]}`)).to.deep.equal([]);
    expect(verdicts).to.have.length.greaterThan(1000);
  });
});
