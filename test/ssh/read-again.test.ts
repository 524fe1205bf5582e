import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import { execReading } from '../../harness/ssh/read-again.ts';
import { failure } from '../failure.ts';

const READ = { code: 0, stdout: 'sev=Y\n', stderr: '' };

describe('a command that only reads', () => {
  const cut = new ConnectionCut('ssh root@node:22: connection lost');
  const answers = (...each: readonly (typeof READ | Error)[]) => {
    const left = [...each];
    return {
      left,
      async exec() {
        const next = left.shift() ?? new Error('asked too often');
        if (next instanceof Error) throw next;
        return next;
      },
    };
  };
  const { signal } = new AbortController();

  it('is run again, whole, as often as the connection was cut under it', async () => {
    const ssh = answers(cut, cut, READ);
    expect(await execReading(ssh, 'cat', { signal })).to.equal(READ);
    expect(ssh.left).to.have.length(0);
  });

  it('is not run again when the connection is lost for good', async () => {
    const lost = new InfraError('not healed in 60 s');
    const ssh = answers(cut, lost, READ);
    expect(await failure(execReading(ssh, 'cat', { signal }), InfraError)).to.equal(lost);
    expect(ssh.left).to.have.length(1);
  });

  it('ends with its signal', async () => {
    const stopped = AbortSignal.abort(new InfraError('stopped'));
    expect((await failure(execReading(answers(cut, READ), 'cat', { signal: stopped }), InfraError)).message).to.equal(
      'stopped',
    );
  });
});
