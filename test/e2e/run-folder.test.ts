import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { runFolder } from '../../harness/run-folder.ts';
import { OWN } from '../command/own.ts';
import { lane } from './cli.ts';

describe('the folder of a run', () => {
  let parent: string;
  const own = {
    ...OWN,
    pid: 7,
    kill(pid: number) {
      if (pid === 41) throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
      if (pid === 42) throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    },
  };

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'sevlane-folders-'));
  });

  afterEach(async () => {
    await rm(parent, { recursive: true });
  });

  it('takes the kubeconfig of a killed run away, and nothing of a living one or of others', async () => {
    const [dead, ...kept] = [
      'sevlane-20260304050607-abcdef-41',
      'sevlane-20260304050607-abcdef-42',
      'sevlane-20260304050607-abcdef-43',
      'sevlane-notes-41',
    ];
    for (const name of [dead, ...kept]) {
      await mkdir(join(parent, name ?? ''));
      await writeFile(join(parent, name ?? '', 'kubeconfig'), 'secret');
    }
    const path = await runFolder('20260304050608-fedcba', own, parent);
    expect(path).to.equal(join(parent, 'sevlane-20260304050608-fedcba-7'));
    expect(await readdir(parent)).to.have.members(kept);
  });

  it('is refused as a mistake of the settings where nothing can be written', async function () {
    this.timeout(30_000);
    const { exitCode, stdout } = await lane([], { TMPDIR: join(parent, 'absent') });
    expect(exitCode).to.equal(2);
    expect(stdout)
      .to.match(/^usage: TMPDIR: .*absent.*ENOENT/)
      .and.contain('set TMPDIR to a folder');
  });
});
