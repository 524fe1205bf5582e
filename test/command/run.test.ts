import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { outputOf, type ProgramOptions, runProgram } from '../../harness/command/run.ts';
import { InfraError } from '../../harness/errors/errors.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { failure } from '../failure.ts';
import { OWN } from './own.ts';
import { processesWith } from './processes.ts';

const sh = (script: string) => ({ file: 'sh', args: ['-c', script] });

const options = (changes: Partial<ProgramOptions> = {}): ProgramOptions => ({
  own: OWN,
  environment: OWN.environment,
  signal: new AbortController().signal,
  withinMs: 20_000,
  ...changes,
});

describe('a local program', () => {
  it('gives back its exit status and both outputs', async () => {
    const ended = await runProgram(sh('echo out; echo err >&2; exit 3'), options());
    expect(ended).to.deep.equal({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('that a signal ended counts as a shell would count it', async () => {
    expect(await runProgram(sh('kill -9 $$'), options())).to.include({ code: 137, signal: 'SIGKILL' });
  });

  it('gets its arguments as they are, and no shell looks at them', async () => {
    const words = ['$HOME', '; exit 1', '`id`', 'two words', "'", '*'];
    const { stdout } = await runProgram({ file: 'printf', args: ['%s\\n', ...words] }, options());
    expect(stdout.split('\n').slice(0, -1)).to.deep.equal(words);
  });

  it('reads what it is given', async () => {
    const text = 'x'.repeat(300_000);
    expect((await runProgram({ file: 'cat', args: [] }, options({ stdin: text }))).stdout).to.equal(text);
  });

  it('that reads nothing of what it is given does no harm', async () => {
    expect((await runProgram(sh('exec <&-; exit 0'), options({ stdin: 'x'.repeat(300_000) }))).code).to.equal(0);
  });

  it('sees the environment that it is given and nothing more', async () => {
    const { stdout } = await runProgram(
      { file: 'env', args: [] },
      options({ environment: { PATH: OWN.environment.PATH ?? '', A: 'b' } }),
    );
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/=.*/, ''))
        // Node itself hands this on where coverage is measured.
        .filter((name) => name !== 'NODE_V8_COVERAGE'),
    ).to.have.members(['PATH', 'A']);
  });

  it('that takes too long is ended with all that it has started, and its last words are told', async () => {
    const mark = randomUUID();
    const program = sh(`echo thinking; trap '' TERM; sleep 300 & sh -c 'sleep 300; : ${mark}'; true`);
    const error = await failure(runProgram(program, options({ withinMs: 3000, what: 'think' })), InfraError);
    expect(error.message).to.equal('think: not done within 3.0 s; it said: thinking');
    expect(processesWith(mark)).to.deep.equal([]);
  });

  it('ends with the reason of its signal, and so does what it has started', async () => {
    const mark = randomUUID();
    const stop = new AbortController();
    const running = failure(runProgram(sh(`sleep 300; : ${mark}`), options({ signal: stop.signal })), InfraError);
    await until(
      'the program',
      { scope: openScope(() => {}), withinMs: 30_000, everyMs: 10, blame: 'infra' },
      async () => (processesWith(mark).length > 0 ? { done: true, value: undefined } : { done: false, saw: 'nothing' }),
    );
    stop.abort(new InfraError('enough'));
    expect((await running).message).to.equal('enough');
    expect(processesWith(mark)).to.deep.equal([]);
  });

  it('is not waited for when only its leftovers hold the output open', async () => {
    const mark = randomUUID();
    const startedAt = performance.now();
    const { stdout } = await runProgram(sh(`echo done; sh -c 'sleep 300; : ${mark}' & exit 0`), options());
    expect(stdout).to.equal('done\n');
    expect(performance.now() - startedAt).to.be.below(15_000);
    expect(processesWith(mark)).to.deep.equal([]);
  });

  it('is not waited for when a daemon that it has started holds the output open', async () => {
    const mark = `sevlane-test-${randomUUID()}`;
    const startedAt = performance.now();
    await runProgram({ file: 'setsid', args: ['-f', 'sh', '-c', `sleep 30; : ${mark}`] }, options());
    expect(performance.now() - startedAt).to.be.below(15_000);
    for (const { pid } of processesWith(mark)) process.kill(pid, 'SIGKILL');
  });

  it('that talks without end is stopped at its limit', async () => {
    const error = await failure(runProgram({ file: 'yes', args: [] }, options({ maxBytes: 10_000 })), InfraError);
    expect(error.message).to.equal('yes: more than 10000 bytes of output');
  });

  it('that is absent or may not be executed is told by name, with what to do', async () => {
    const absent = await failure(runProgram({ file: 'no-such-program', args: ['-x'] }, options()), InfraError);
    expect(absent).to.include({
      message: 'no-such-program -x: there is no such program',
      hint: 'install it, or put its folder on PATH',
    });
    const folder = await failure(runProgram({ file: tmpdir(), args: [] }, options()), InfraError);
    expect(folder.message).to.equal(`${tmpdir()}: it may not be executed`);
    const elsewhere = await failure(runProgram(sh('true'), options({ cwd: '/no/such/folder' })), InfraError);
    expect(elsewhere.message).to.contain('the folder /no/such/folder is absent');
  });

  it('that had to succeed and did not is told with its status and its last words, without their colours', async () => {
    const error = await failure(
      outputOf(sh("printf 'one\\ntwo\\n\\033[31mthree\\033[0m\\n' >&2; exit 4"), options({ what: 'count' })),
      InfraError,
    );
    expect(error.message).to.equal('count: ended with exit status 4 and said: one; two; three');
    expect(await outputOf(sh('echo fine'), options())).to.equal('fine\n');
  });

  it('is not started when its signal has aborted already', async () => {
    const signal = AbortSignal.abort(new InfraError('before'));
    expect((await failure(runProgram(sh('true'), options({ signal })), InfraError)).message).to.equal('before');
  });
});
