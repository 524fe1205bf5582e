import { AssertionError, expect } from 'chai';
import { describe, it } from 'mocha';
import { byPrecedence, toFinding } from '../../harness/errors/blame.ts';
import { InfraError, Interrupted, ProductFailure, UsageError } from '../../harness/errors/errors.ts';
import { exitCode } from '../../harness/errors/exit-code.ts';

describe('a finding', () => {
  it('keeps message, action and the chain of causes on one line each', () => {
    const error = new InfraError('ssh amd1: connection refused', {
      hint: 'is sshd up?',
      cause: new Error('connect\nECONNREFUSED', { cause: new Error('deepest') }),
    });
    expect(toFinding(error, 'phase connect')).to.deep.equal({
      blame: 'infra',
      where: 'phase connect',
      message: 'ssh amd1: connection refused',
      hint: 'is sshd up?',
      causes: ['connect; ECONNREFUSED', 'deepest'],
    });
  });

  it('blames the product for a failed assertion and sevlane, with a stack, for anything unknown', () => {
    expect(toFinding(new AssertionError('expected [] to include SEV'), 'case').blame).to.equal('product');
    const bug = toFinding(new TypeError('undefined is not a function'), 'phase lease');
    expect(bug.blame).to.equal('internal');
    expect(bug.stack).to.include('blame.test');
    expect(toFinding('a thrown string', 'x')).to.include({ blame: 'internal', message: 'a thrown string' });
  });
});

describe('the exit code', () => {
  const finding = (error: unknown) => toFinding(error, 'somewhere');
  it('follows the worst blame', () => {
    const infra = finding(new InfraError('i'));
    const product = finding(new ProductFailure('p'));
    expect(exitCode([])).to.equal(0);
    expect(exitCode([infra])).to.equal(3);
    expect(exitCode([infra, product])).to.equal(1);
    expect(exitCode([infra, product, finding(new UsageError('u'))])).to.equal(2);
    expect(exitCode([finding(new TypeError('bug'))])).to.equal(3);
    expect(byPrecedence([infra, finding(new TypeError('bug')), product]).map((each) => each.blame)).to.deep.equal([
      'product',
      'internal',
      'infra',
    ]);
  });

  it('is 130 or 143 only after a real signal', () => {
    const stopped = finding(new Interrupted('SIGTERM'));
    expect(exitCode([stopped], 'SIGTERM')).to.equal(143);
    expect(exitCode([stopped], 'SIGINT')).to.equal(130);
    expect(exitCode([stopped])).to.equal(3);
  });
});
