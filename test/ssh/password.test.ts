import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import type { SimulatedHost } from '../../providers/mock/simulated-host.ts';
import { failure } from '../failure.ts';
import { connectionTo, startHost } from '../simulated.ts';

describe('a login by password', () => {
  let host: SimulatedHost;
  let scope: OwnedScope;
  before(async () => {
    host = await startHost();
  });
  after(() => host?.stop());
  beforeEach(() => {
    scope = openScope(() => {});
  });
  afterEach(async () => void (await scope.close()));
  const login = async (password: string) =>
    connectSsh(scope, { ...(await connectionTo(host)), auth: [{ kind: 'password', password }] });

  it('gets in with the right one', async () => {
    const ssh = await login(host.ssh.password);
    expect((await ssh.exec('uname -s', { signal: scope.signal })).stdout).to.equal('Linux\n');
  });

  it('is told apart from other trouble with the wrong one, which is not repeated', async () => {
    const error = await failure(login('not-the-password'), InfraError);
    expect(error.message).to.include('the node does not accept us; tried password');
    expect(`${error.message} ${error.hint}`).to.not.include('not-the-password');
  });

  it('needs something to log in with', async () => {
    const target = { ...(await connectionTo(host)), auth: [] };
    expect((await failure(connectSsh(scope, target), InfraError)).hint).to.include('--ssh-key');
  });
});
