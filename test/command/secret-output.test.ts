import { expect } from 'chai';
import { describe, it } from 'mocha';
import { outputOf, runProgram } from '../../harness/command/run.ts';
import { InfraError } from '../../harness/errors/errors.ts';
import { failure } from '../failure.ts';
import { OWN } from './own.ts';

describe('a program that prints secrets', () => {
  const options = { own: OWN, environment: OWN.environment, signal: new AbortController().signal, isSecret: true };
  const program = (script: string) => ({ file: 'sh', args: ['-c', script] });

  it('is never quoted by its standard output, however it ends', async () => {
    const slow = program('echo s3cret; exec sleep 60');
    const late = await failure(runProgram(slow, { ...options, withinMs: 1000, what: 'issue' }), InfraError);
    expect(late.message).to.equal('issue: not done within 1.0 s; it said nothing');
    const failed = await failure(
      outputOf(program('echo s3cret; exit 2'), { ...options, withinMs: 20_000, what: 'issue' }),
      InfraError,
    );
    expect(failed.message).to.equal('issue: ended with exit status 2 and said nothing');
  });

  it('still has its complaints told', async () => {
    const script = program('echo s3cret; echo "log in first" >&2; exit 2');
    const failed = await failure(outputOf(script, { ...options, withinMs: 20_000, what: 'issue' }), InfraError);
    expect(failed.message).to.equal('issue: ended with exit status 2 and said: log in first');
  });
});
