import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { type Running, running } from './running-server.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } });

describe('the API server over HTTPS', () => {
  let host: Running | undefined;
  const start = async (...args: Parameters<typeof running>) => {
    host = await running(...args);
    return host;
  };
  afterEach(async () => {
    await host?.stop();
    host = undefined;
  });

  it('knows users by their certificates and refuses them until a role is bound', async () => {
    const { ask } = await start();
    const refused = await ask('GET', CONFIGMAPS, { as: 'alice' });
    expect(refused.status).to.equal(403);
    expect(refused.body.message).to.contain('User "alice" cannot list resource "configmaps"');
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings';
    const body = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'devs' }],
    };
    expect((await ask('POST', rbac, { body })).status).to.equal(201);
    expect((await ask('GET', CONFIGMAPS, { as: 'alice' })).status).to.equal(200);
    expect((await ask('POST', CONFIGMAPS, { as: 'alice', body: configMap('a') })).status).to.equal(403);
  });

  it('takes a service account token until the account is gone', async () => {
    const { ask } = await start();
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await ask('POST', accounts, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } } });
    const issued = await ask('POST', `${accounts}/bot/token`, {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    const { token } = issued.body.status as { token: string };
    const whoAmI = () =>
      ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        as: 'anonymous',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await whoAmI()).body).to.have.nested.property(
      'status.userInfo.username',
      'system:serviceaccount:default:bot',
    );
    await ask('DELETE', `${accounts}/bot`);
    expect((await whoAmI()).status).to.equal(401);
  });

  it('lets an administrator act as somebody else, with groups', async () => {
    const { ask } = await start();
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const headers = {
      'impersonate-user': 'bob',
      'impersonate-group': ['a, b', 'c'],
      'impersonate-extra-team%2fname': 'x',
    };
    const review = () => ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body, headers });
    expect((await review()).body)
      .to.have.nested.property('status.userInfo')
      .that.deep.equals({
        username: 'bob',
        groups: ['a, b', 'c', 'system:authenticated'],
        extra: { 'team/name': ['x'] },
      });
  });

  it('refuses a body that is too large', async () => {
    const { ask } = await start();
    const body = { ...configMap('big'), data: { a: 'x'.repeat(3_200_000) } };
    expect((await ask('POST', CONFIGMAPS, { body })).status).to.equal(413);
  });

  it('plays a scenario’s faults to clients and never to controllers', async () => {
    let left = 2;
    const { ask, system } = await start({
      api: ({ resource }) =>
        resource === 'configmaps' && left-- > 0 ? { do: 'status', status: 429, retryAfterSeconds: 3 } : undefined,
    });
    expect((await system.request({ method: 'GET', path: CONFIGMAPS })).status).to.equal(200);
    const throttled = await ask('GET', CONFIGMAPS);
    expect([throttled.status, throttled.headers['retry-after']]).to.deep.equal([429, '3']);
    await ask('GET', CONFIGMAPS);
    expect((await ask('GET', CONFIGMAPS)).status).to.equal(200);
  });

  it('shows an older state when a scenario lets reads go stale', async () => {
    let stale = false;
    const { ask } = await start({ api: () => (stale ? { do: 'stale', byVersions: 1 } : undefined) });
    await ask('POST', CONFIGMAPS, { body: configMap('old') });
    await ask('POST', CONFIGMAPS, { body: configMap('new') });
    stale = true;
    const names = ((await ask('GET', CONFIGMAPS)).body.items as { metadata: { name: string } }[]).map(
      (one) => one.metadata.name,
    );
    expect(names).to.deep.equal(['old']);
    expect((await ask('GET', `${CONFIGMAPS}/new`)).status).to.equal(404);
  });

  it('cuts a connection in the middle of an answer when told so', async () => {
    const { ask } = await start({ api: ({ verb }) => (verb === 'list' ? { do: 'cut', afterBytes: 10 } : undefined) });
    const error = await ask('GET', CONFIGMAPS).catch((problem: NodeJS.ErrnoException) => problem.code);
    expect(error).to.equal('ECONNRESET');
  });

  it('counts who asked what, for administrators only', async () => {
    const { ask } = await start();
    await ask('GET', CONFIGMAPS);
    const log = await ask('GET', '/sevlane-sim/requests');
    const [first] = log.body.requests as { verb: string; resource: string; user: string; remotePort: number }[];
    expect(first).to.include({ verb: 'list', resource: 'configmaps', user: 'root', status: 200 });
    expect(first?.remotePort).to.be.greaterThan(0);
    expect((await ask('GET', '/sevlane-sim/requests', { as: 'alice' })).status).to.equal(403);
  });
});
