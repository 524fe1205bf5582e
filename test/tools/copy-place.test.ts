import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { UsageError } from '../../harness/errors/errors.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { clearPlace, putCopy } from '../../harness/tools/copy-place.ts';
import { failure } from '../failure.ts';

describe('the place of a kubeconfig for other programs', () => {
  let folder: string;
  let path: string;
  let scope: OwnedScope;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-place-'));
    path = join(folder, 'config');
    scope = openScope(() => {});
  });
  afterEach(async () => {
    await scope.close();
    await rm(folder, { recursive: true });
  });

  const own = {
    pid: process.pid,
    kill: process.kill.bind(process) as (pid: number, signal: NodeJS.Signals | 0) => void,
  };
  const watcher = { file: () => () => {} };
  const put = () => putCopy(scope, { path, text: 'kind: Config\n', own, watcher });
  const refusal = async (place = path) => (await failure(clearPlace(place, own), UsageError)).message;

  it('is free where nothing stands, and free again afterwards', async () => {
    await clearPlace(path, own);
    await put();
    expect(await readFile(path, 'utf8')).to.match(/^# written by sevlane on .*\nkind: Config\n$/);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await scope.close()).to.deep.equal([]);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("is not taken from anybody's file, link or folder", async () => {
    await writeFile(path, 'Host *\n');
    await symlink('nowhere', join(folder, 'link'));
    for (const place of [path, join(folder, 'link'), folder])
      expect(await refusal(place)).to.equal(
        `${place} is there already and was not written by sevlane: it is left alone`,
      );
    expect(await readFile(path, 'utf8')).to.equal('Host *\n');
    expect(await readdir(folder)).to.have.members(['config', 'link']);
  });

  it('is not taken from who was there in the meantime', async () => {
    await clearPlace(path, own);
    await writeFile(path, 'Host *\n');
    expect((await failure(put(), UsageError)).message).to.include('was not written by sevlane');
    await scope.close();
    expect(await readFile(path, 'utf8')).to.equal('Host *\n');
    expect(await readdir(folder)).to.deep.equal(['config']);
  });

  it('is taken over from a sevlane that is dead, and from none that lives', async () => {
    await put();
    expect(await refusal()).to.include('of a sevlane that still runs');
    const alive = await readFile(path, 'utf8');
    await writeFile(path, alive.replace(/process \d+ \d+/, `process ${process.pid} 1`));
    await clearPlace(path, own);
    expect(await readdir(folder)).to.deep.equal([]);
    await writeFile(path, alive.replace(/ on \S+, process \d+ \d+/, ' on elsewhere, process 1 1'));
    expect(await refusal()).to.include('on another machine');
  });

  it('is left to who has put another file there, and not to a program that only changed ours', async () => {
    await put();
    await writeFile(path, 'kind: Config\ncurrent-context: other\n');
    await scope.close();
    expect(await readdir(folder)).to.deep.equal([]);
    scope = openScope(() => {});
    await put();
    await rm(path);
    await writeFile(join(folder, 'mine'), 'kind: Config\n');
    await writeFile(path, 'mine\n');
    await scope.close();
    expect(await readdir(folder)).to.include('config');
  });

  it('is not made where its folder is missing', async () => {
    expect(await refusal(join(folder, 'no', 'config'))).to.equal(
      `${folder}/no/config: the folder ${folder}/no is not there`,
    );
  });
});
