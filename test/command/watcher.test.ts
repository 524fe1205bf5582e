import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { openWatcher, sweepDeadRun } from '../../harness/command/watcher.ts';
import { InfraError } from '../../harness/errors/errors.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { failure } from '../failure.ts';
import { OWN } from './own.ts';
import { processesWith } from './processes.ts';

const PROGRAM = fileURLToPath(new URL('./watched-program.js', import.meta.url));

describe('the watcher', () => {
  let parent: string;
  let folder: string;
  let file: string;
  let mark: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'sevlane-watcher-'));
    folder = join(parent, 'a run with blanks');
    file = join(parent, 'a file outside');
    mark = randomUUID();
    await writeFile(file, 'secret');
  });

  afterEach(async () => {
    for (const { pid } of [...processesWith(mark), ...processesWith(folder)]) process.kill(pid, 'SIGKILL');
    await rm(parent, { recursive: true, force: true });
  });

  const start = async () => {
    const child = execa(process.execPath, [PROGRAM, folder, file, mark], { reject: false, stdin: 'ignore' });
    await once(child.stdout, 'data');
    await reaches('all children to run', () => Math.abs(3 - children().length));
    return { sevlane: child };
  };
  const watchers = () => processesWith(folder).filter(({ argv }) => argv.includes('sevlane-watcher'));
  const children = () => processesWith(`: ${mark}`).filter(({ argv }) => argv.includes('-c'));

  it('ends the children with all that they have started and removes the files when sevlane is killed, within 2 s', async () => {
    const { sevlane } = await start();
    expect(children()).to.have.length(3);
    expect((await stat(folder)).mode & 0o777).to.equal(0o700);
    sevlane.kill('SIGKILL');
    await sevlane;
    const startedAt = performance.now();
    await gone('the children', () => children().length + watchers().length);
    expect(performance.now() - startedAt).to.be.below(10_000);
    expect(await readdir(parent)).to.deep.equal([]);
  });

  it('is not reached by Ctrl-C, which goes to the session of the terminal, and is deaf to what ends others', async () => {
    const { sevlane } = await start();
    const [watcher] = watchers();
    expect(sessionOf(watcher?.pid ?? 0)).to.equal(watcher?.pid);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(watcher?.pid ?? 0, name);
    sevlane.kill('SIGKILL');
    await gone('the children', () => children().length + watchers().length);
  });

  it('that was killed too leaves it to the next start', async () => {
    const { sevlane } = await start();
    for (const { pid } of watchers()) process.kill(pid, 'SIGKILL');
    await gone('the watcher', () => watchers().length);
    sevlane.kill('SIGKILL');
    await sevlane;
    expect(children()).to.have.length(3);
    await sweepDeadRun(OWN, folder);
    await gone('the children', () => children().length);
    expect(await readdir(parent)).to.deep.equal([]);
  });

  for (const survivor of ['its watcher', 'nobody']) {
    it(`finds by its mark a child that was not noted when sevlane was killed and ${survivor} was left`, async () => {
      const unnoted = randomUUID();
      const left = () => processesWith(`: ${unnoted}`).filter(({ argv }) => argv.includes('-c')).length;
      const sevlane = execa(process.execPath, [PROGRAM, folder, file, mark, unnoted], { reject: false });
      await once(sevlane.stdout, 'data');
      await reaches('the child and its own to run', () => Math.abs(2 - left()));
      if (survivor === 'nobody') for (const { pid } of watchers()) process.kill(pid, 'SIGKILL');
      sevlane.kill('SIGKILL');
      await sevlane;
      if (survivor === 'nobody') await sweepDeadRun(OWN, folder);
      await gone('the child', () => left() + children().length + watchers().length);
    });
  }

  it('spares a process that was given the id of one on the list, and the group of one whose mark is not there', async () => {
    const other = execa('sleep', ['300'], { detached: true, reject: false, stdin: 'ignore' });
    const leaderless = execa('sh', ['-c', `sh -c 'sleep 300; : ${mark}' & exit 0`], {
      detached: true,
      stdio: 'ignore',
    });
    const { pid: leader } = leaderless;
    await leaderless;
    await mkdir(folder);
    await writeFile(
      join(folder, 'watched'),
      `group ${other.pid} 12345\nprocess ${other.pid} 12345\ngroup ${leader} 1\nfile ${file}\n`,
    );
    await sweepDeadRun(OWN, folder);
    expect(await readdir(parent)).to.deep.equal([]);
    expect(children()).to.have.length(1);
    other.kill('SIGKILL');
    expect((await other).signal).to.equal('SIGKILL');
  });

  it('goes with its folder when the scope closes, and has nothing to do then', async () => {
    const scope = openScope(() => {});
    const watcher = await openWatcher(scope, { own: OWN, folder });
    watcher.file(file)();
    expect(watchers()).to.have.length(1);
    expect(await scope.close()).to.deep.equal([]);
    expect(watchers()).to.deep.equal([]);
    expect(await readdir(parent)).to.deep.equal(['a file outside']);
  });

  it('does what an undo has failed to do when the scope closes', async () => {
    const { sevlane } = await start();
    sevlane.kill('SIGTERM');
    expect((await sevlane).exitCode).to.equal(0);
    await gone('the children', () => children().length + watchers().length);
    expect(existsSync(file)).to.equal(false);
  });

  it('keeps its list readable for its owner only', async () => {
    const scope = openScope(() => {});
    const watcher = await openWatcher(scope, { own: OWN, folder });
    watcher.file(file);
    const forget = watcher.child(process.pid);
    expect((await stat(join(folder, 'watched'))).mode & 0o777).to.equal(0o600);
    expect(readFileSync(join(folder, 'watched'), 'utf8')).to.match(/^file .*\ngroup \d+ \d+\n$/);
    forget();
    expect(readFileSync(join(folder, 'watched'), 'utf8')).to.equal(`file ${file}\n`);
    await scope.close();
  });

  it('refuses a path that its list cannot hold', async () => {
    const scope = openScope(() => {});
    const watcher = await openWatcher(scope, { own: OWN, folder });
    const error = await failure(
      Promise.resolve().then(() => watcher.file('/tmp/a\nchild 1 -')),
      InfraError,
    );
    expect(error.message).to.contain('line break');
    await scope.close();
  });
});

async function gone(what: string, count: () => number): Promise<void> {
  await reaches(`${what} to be gone`, count);
}

/** Waits until nothing is missing or left. */
async function reaches(goal: string, count: () => number): Promise<void> {
  const limits = { scope: openScope(() => {}), withinMs: 20_000, everyMs: 20, blame: 'infra' } as const;
  await until(goal, limits, async () =>
    count() === 0 ? { done: true, value: undefined } : { done: false, saw: `${count()}` },
  );
}

function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[3]);
}
