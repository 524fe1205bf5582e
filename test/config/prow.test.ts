import { expect } from 'chai';
import { describe, it } from 'mocha';
import { holderOf } from '../../harness/config/prow.ts';

const HERE = { machine: 'desk', pid: 42 };
const JOB = { PROW_JOB_ID: 'job-1', BUILD_ID: '100', JOB_NAME: 'periodic-sev', JOB_TYPE: 'periodic' };

describe('the holder of a lease', () => {
  it('is the user, the machine and the process where no job runs', () => {
    expect(holderOf({ USER: 'ann' }, HERE)).to.deep.equal({ identity: 'ann@desk pid 42', priority: 'developer' });
    expect(holderOf({}, HERE).identity).to.equal('somebody@desk pid 42');
  });

  it('is the build of a Prow job, so that a revived pod of the same name is another one', () => {
    const { identity, link } = holderOf(JOB, HERE);
    expect(identity).to.equal('prow periodic-sev job-1/100');
    expect(link).to.match(/\/logs\/periodic-sev\/100$/);
    expect(holderOf({ ...JOB, BUILD_ID: '101' }, HERE).identity).to.not.equal(identity);
  });

  it('has the link of its page only where the job says all of the path', () => {
    const pull = { ...JOB, JOB_TYPE: 'presubmit', REPO_OWNER: 'kubevirt', REPO_NAME: 'sev', PULL_NUMBER: '7' };
    const linkOf = (env: Readonly<Record<string, string | undefined>>) => holderOf(env, HERE).link;
    expect(linkOf(pull)).to.match(/\/pr-logs\/pull\/kubevirt_sev\/7\/periodic-sev\/100$/);
    expect(linkOf({ ...JOB, JOB_TYPE: 'batch' })).to.match(/\/pr-logs\/pull\/batch\/periodic-sev\/100$/);
    for (const lost of ['REPO_OWNER', 'REPO_NAME', 'PULL_NUMBER', 'JOB_NAME'])
      for (const value of [undefined, '']) expect(linkOf({ ...pull, [lost]: value }), lost).to.equal(undefined);
    expect(holderOf({ ...pull, PULL_NUMBER: undefined }, HERE)).to.not.have.property('link');
  });

  it('waits with the priority of its kind of job', () => {
    const priority = (JOB_TYPE: string) => holderOf({ ...JOB, JOB_TYPE }, HERE).priority;
    expect(['presubmit', 'batch', 'periodic', 'postsubmit'].map(priority)).to.deep.equal([
      ...['presubmit', 'presubmit', 'periodic', 'periodic'],
    ]);
    // A word of another CI's is no job of Prow's.
    expect(holderOf({ JOB_TYPE: 'presubmit' }, HERE).priority).to.equal('developer');
  });
});
