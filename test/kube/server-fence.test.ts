import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { fencingGround } from '../../harness/doctor/cluster/fencing.ts';
import { LostLease } from '../../harness/errors/errors.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { DIRECT } from '../../harness/kube/direct.ts';
import { acquireLease } from '../../harness/kube/lease/acquire.ts';
import { raiseServerFence } from '../../harness/kube/lease/server-fence.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import type { Fencing } from '../../harness/model/fencing.ts';
import { type OwnedScope, openScope, type Scope } from '../../harness/scope/scope.ts';
import { type RealServer, realServerFolder, startRealServer } from '../mock/api/real-server.ts';
import { running } from '../mock/api/running-server.ts';

type Server = Pick<RealServer, 'port' | 'admin' | 'alice' | 'ask' | 'stop'>;

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sevlane';
const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const BINDINGS = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';

const folder = realServerFolder();
/** Beside the simulated one a real one where KUBEBUILDER_ASSETS names it; nothing is skipped where it does not. */
const SERVERS: readonly { readonly name: string; readonly start: () => Promise<Server> }[] = [
  { name: 'a simulated server', start: () => simulated('v1.34.4') },
  ...(folder === undefined ? [] : [{ name: 'a real server', start: () => startRealServer(folder) }]),
];

for (const { name, start } of SERVERS) {
  describe(`the fence of ${name}`, () => {
    let server: Server;
    let scope: OwnedScope;

    before(async function () {
      this.timeout(120_000);
      server = await start();
      scope = openScope(() => {});
      await server.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'other' } } });
    });
    after(async () => {
      await scope?.close();
      await server?.stop();
    });

    it('is put up by the holder of the lease, and refuses the epoch before', async () => {
      expect(await takenOver('run-1')).to.deep.equal(byServer('kube-system'));
      expect((await takenOver('run-2')).by).to.equal('client and server');
    });

    it('refuses what an earlier run creates, replaces or applies, and says why', async () => {
      const stale = object({ epoch: 0 });
      const created = await server.ask('POST', `${CONFIGMAPS}?fieldManager=sevlane`, { body: stale });
      expect(created.status).to.equal(422);
      expect(created.body.message).to.equal(
        `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'sevlane-fence-kube-system' with binding 'sevlane-fence-kube-system' denied request: written in epoch 0 of lease kube-system/sevlane, which is in epoch 1: another run has the cluster`,
      );
      expect((await apply(stale)).status, 'applied anew').to.equal(422);
      expect((await apply(object({ epoch: 1 }))).status, 'of the holder').to.equal(201);
      expect((await apply(stale)).status, 'applied').to.equal(422);
      expect((await server.ask('PUT', `${CONFIGMAPS}/a?fieldManager=sevlane`, { body: stale })).status).to.equal(422);
      for (const epoch of ['', 'x', '1x', '99999999999999999999'])
        expect((await apply(object({ epoch }))).status, `epoch ${epoch}`).to.equal(422);
    });

    it('lets everybody else change what an earlier run has left, and the holder sweep it', async () => {
      await planted(object({ name: 'left', epoch: 0, finalizers: ['example.com/wait'] }));
      const path = `${CONFIGMAPS}/left`;
      const merge = (manager: string, body: unknown) => patched(path, { manager, type: 'merge-patch', body });
      expect((await merge('virt-controller', { data: { seen: 'yes' } })).status, 'another manager').to.equal(200);
      expect((await merge('sevlane', { data: { seen: 'no' } })).status, 'the earlier run').to.equal(422);
      expect((await server.ask('DELETE', path)).status, 'deleted').to.equal(200);
      expect((await merge('sevlane', { metadata: { finalizers: null } })).status, 'finalizers').to.equal(200);
      expect((await server.ask('GET', path)).status).to.equal(404);
    });

    it('does not look at what is not of a run under its lease', async () => {
      expect((await apply(object({ name: 'b', epoch: 0, lease: 'other/sevlane' }))).status).to.equal(201);
      expect((await apply(object({ name: 'c', epoch: 0, label: 'app' }))).status).to.equal(201);
      await planted(object({ name: 'd', epoch: 0 }));
      const body = { metadata: { labels: { 'sevlane/run': null } } };
      const adopted = await patched(`${CONFIGMAPS}/d`, { manager: 'sevlane', type: 'merge-patch', body });
      expect(adopted.status, 'the label taken off').to.equal(200);
    });

    it('has a policy of its own for a lease elsewhere, which counts by itself', async () => {
      expect(await takenOver('run-3', 'other')).to.deep.equal(byServer('other'));
      expect((await apply(object({ name: 'e', epoch: 0, lease: 'other/sevlane' }))).status).to.equal(201);
      expect((await apply(object({ name: 'f', epoch: 0 }))).status).to.equal(422);
    });

    it('stays as it is when the next run comes, and is in nobody’s way when the lease is gone', async () => {
      const versions = async () => {
        const objects = [`${POLICIES}/sevlane-fence-kube-system`, `${BINDINGS}/sevlane-fence-kube-system`];
        const answers = await Promise.all(objects.map((path) => server.ask('GET', path)));
        return answers.map(({ body }) => (body.metadata as { resourceVersion: string }).resourceVersion);
      };
      const before = await versions();
      await takenOver('run-4');
      expect(await versions()).to.deep.equal(before);
      await server.ask('DELETE', LEASE);
      await settled(async () => (await apply(object({ name: 'g', epoch: 0 }))).status === 201);
    });

    it('is put up by a user who has no more than the rights that the doctor asks for', async () => {
      await granted(server, [LEASES]);
      // Rights are taken up within moments.
      let fencing: Fencing | undefined;
      await settled(async () => {
        fencing = await takenOver('run-5', 'kube-system', 'alice').catch(() => undefined);
        return fencing !== undefined;
      });
      expect(fencing?.by).to.equal('client');
      expect(fencing?.why).to.match(
        /^no right to apply ValidatingAdmissionPolicy "sevlane-fence-kube-system": .*alice/,
      );
      const client = clientOf(scope, server, 'alice');
      const { missing } = await fencingGround(client, 'kube-system', scope.signal);
      await granted(server, [
        LEASES,
        ...missing.map(({ verb, group, resource }) => ({ apiGroups: [group], resources: [resource], verbs: [verb] })),
      ]);
      await settled(async () => (await takenOver('run-6', 'kube-system', 'alice')).by === 'client and server');
      expect(await fencingGround(client, 'kube-system', scope.signal)).to.deep.equal({ isServed: true, missing: [] });
    });

    it('tells a run that has lost the lease without noticing, which ends', async () => {
      const own = openScope(() => {});
      try {
        const client = clientOf(own, server, 'admin');
        const holder = { namespace: 'kube-system', holder: 'late', runId: 'late', durationMs: 60_000, waitMs: 0 };
        await acquireLease(own, client, holder);
        await raiseServerFence(own, client, 'late');
        await settled(async () => {
          const lease = await server.ask('GET', LEASE);
          const spec = { ...(lease.body.spec as object), holderIdentity: 'next', leaseTransitions: 99 };
          return (await server.ask('PUT', LEASE, { body: { ...lease.body, spec } })).status === 200;
        });
        let error: unknown;
        await settled(async () => {
          const metadata = { generateName: 'h-', namespace: 'default', labels: { 'sevlane/run': 'late' } };
          const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
          error = await client.create(CONFIGMAPS, body).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          return error !== undefined;
        });
        expect(error).to.be.instanceOf(LostLease);
        expect((error as Error).message).to.match(
          /^lease "sevlane" in namespace "kube-system": lost: the server says that it is in epoch 99, ours was \d+$/,
        );
        expect(own.signal.reason).to.equal(error);
      } finally {
        await own.close();
      }
    });

    /** A run takes the lease, puts up the fence, and is gone without a word. */
    async function takenOver(
      runId: string,
      namespace = 'kube-system',
      as: 'admin' | 'alice' = 'admin',
    ): Promise<Fencing> {
      const own = openScope(() => {});
      const client = clientOf(own, server, as);
      try {
        const holder = { namespace, holder: runId, runId, durationMs: 60_000, waitMs: 0 };
        await acquireLease(own, client, holder);
        return await raiseServerFence(own, client, runId);
      } finally {
        await own.close();
      }
    }

    function patched(path: string, { manager, type, body }: { manager: string; type: string; body: unknown }) {
      const headers = { 'content-type': `application/${type}${type === 'apply-patch' ? '+yaml' : '+json'}` };
      return server.ask('PATCH', `${path}?fieldManager=${manager}${type === 'apply-patch' ? '&force=true' : ''}`, {
        headers,
        body,
      });
    }

    function apply(body: ReturnType<typeof object>) {
      return patched(`${CONFIGMAPS}/${body.metadata.name}`, { manager: 'sevlane', type: 'apply-patch', body });
    }

    async function planted(body: ReturnType<typeof object>): Promise<void> {
      expect((await server.ask('POST', `${CONFIGMAPS}?fieldManager=kubectl`, { body })).status).to.equal(201);
    }
  });
}

describe('the fence of a server that has none to offer', () => {
  it('is the client’s alone before Kubernetes 1.30, and says so', async () => {
    const fencing = await fencingOn(await simulated('v1.29.14'));
    expect(fencing).to.deep.equal({
      by: 'client',
      why: 'the server has no ValidatingAdmissionPolicy v1 (Kubernetes before 1.30)',
    });
  });
});

const LEASES = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'update'] };

async function simulated(version: string) {
  const { server, admin, alice, ask, stop } = await running({}, { version });
  return { port: server.port, admin, alice, ask, stop };
}

async function fencingOn(server: Server) {
  const scope = openScope(() => {});
  try {
    const client = clientOf(scope, server, 'admin');
    const holder = { namespace: 'kube-system', holder: 'a', runId: 'run-1', durationMs: 60_000, waitMs: 0 };
    await acquireLease(scope, client, holder);
    return await raiseServerFence(scope, client, 'run-1');
  } finally {
    await scope.close();
    await server.stop();
  }
}

function clientOf(scope: Scope, { port, ...server }: Server, as: 'admin' | 'alice'): KubeClient {
  return openKubeClient(scope, DIRECT, {
    ...{ place: 'test', context: 'test', server: { host: '127.0.0.1', port }, basePath: '', expiries: [] },
    ...{ serverName: '127.0.0.1', ca: server.admin.ca, clientCertificate: server[as] },
  });
}

/** Alice has these rights in the whole cluster, and may read the leases of kube-system. */
async function granted(server: Server, rules: readonly unknown[]): Promise<void> {
  const [name, group] = ['fencing', 'rbac.authorization.k8s.io'];
  const subjects = [{ apiGroup: group, kind: 'User', name: 'alice' }];
  const roleRef = (kind: string) => ({ apiGroup: group, kind, name });
  const own = [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] }];
  const inSystem = '/namespaces/kube-system';
  for (const [kind, at, fields] of [
    ['Role', inSystem, { rules: own }],
    ['RoleBinding', inSystem, { roleRef: roleRef('Role'), subjects }],
    ['ClusterRole', '', { rules }],
    ['ClusterRoleBinding', '', { roleRef: roleRef('ClusterRole'), subjects }],
  ] as const) {
    const path = `/apis/${group}/v1${at}/${kind.toLowerCase()}s/${name}?fieldManager=test&force=true`;
    const body = { apiVersion: `${group}/v1`, kind, metadata: { name }, ...fields };
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    expect((await server.ask('PATCH', path, { body, headers })).status).to.be.below(300);
  }
}

interface Wish {
  readonly name?: string;
  readonly epoch: number | string;
  readonly lease?: string;
  readonly label?: string;
  readonly finalizers?: readonly string[];
}

function object({ name = 'a', epoch, lease = 'kube-system/sevlane', label = 'sevlane/run', finalizers = [] }: Wish) {
  const annotations = { 'sevlane/epoch': String(epoch), 'sevlane/lease': lease };
  const metadata = { name, namespace: 'default', labels: { [label]: 'run-1' }, annotations, finalizers };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

function byServer(namespace: string): Fencing {
  return { by: 'client and server', why: `admission policy "sevlane-fence-${namespace}"` };
}

/** The server hears of a change of the lease by a watch. */
async function settled(look: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await look())) {
    if (Date.now() > until) throw new Error('nothing changed within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
