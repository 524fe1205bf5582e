import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sshName } from '../../harness/config/parsers.ts';

describe('a command line of ssh where the name of a node belongs', () => {
  for (const [mailed, flags] of [
    ['ssh amd1', '--ssh amd1'],
    ['ssh -J gate amd1', '--ssh amd1 --ssh-jump gate'],
    ['ssh -J me@gate:2222,inner root@amd1', '--ssh root@amd1 --ssh-jump me@gate:2222,inner'],
    ['ssh -i ~/.ssh/lab -p 2222 -l root amd1', '--ssh root@amd1:2222 --ssh-key ~/.ssh/lab'],
    ['ssh -Jgate -F lab.config amd1', '--ssh amd1 --ssh-jump gate --ssh-config lab.config'],
  ] as const) {
    it(`${mailed} is told in our flags`, () => expect(sshName(mailed)).to.include({ fix: `write ${flags}` }));
  }

  for (const text of ['ssh -J gate', 'ssh -o Port=22 amd1', 'ssh amd1 uptime', 'scp a b', 'amd1 uptime'])
    it(`${text} is none that can be told so`, () =>
      expect(sshName(text)).to.have.property('fix').that.includes('root@node.example:22'));
});
