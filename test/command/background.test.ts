import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { startInBackground } from '../../harness/command/background.ts';
import { identify, isAlive } from '../../harness/command/process-state.ts';
import { InfraError } from '../../harness/errors/errors.ts';
import { failure } from '../failure.ts';
import { OWN } from './own.ts';

describe('a program in the background', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-background-'));
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  const start = (script: string, changes = {}) =>
    startInBackground({
      file: 'sh',
      args: ['-c', script],
      environment: OWN.environment,
      cwd: folder,
      stdoutFile: join(folder, 'out'),
      stderrFile: join(folder, 'err'),
      ...changes,
    });

  it('leads a session of its own and writes into private files', async () => {
    const { pid, ended } = await start('ps -o sid= -p $$; echo trouble >&2; exit 4');
    expect(await ended).to.equal(4);
    expect((await readFile(join(folder, 'out'), 'utf8')).trim()).to.equal(String(pid));
    expect(await readFile(join(folder, 'err'), 'utf8')).to.equal('trouble\n');
    expect((await stat(join(folder, 'err'))).mode & 0o777).to.equal(0o600);
  });

  it('that cannot be started is told in words', async () => {
    const error = await failure(start('', { file: 'no-such-program' }), InfraError);
    expect(error.message).to.include('no-such-program').and.to.include('there is no such program');
  });

  it('is known again by its start, not by its number alone', async () => {
    const { pid, ended } = await start('exec sleep 600');
    const identity = identify(pid);
    expect(isAlive(identity, OWN)).to.equal(true);
    if (identity.startTime !== undefined)
      expect(isAlive({ pid, startTime: `${Number(identity.startTime) - 1}` }, OWN)).to.equal(false);
    process.kill(pid, 'SIGKILL');
    await ended;
    expect(isAlive(identity, OWN)).to.equal(false);
  });
});
