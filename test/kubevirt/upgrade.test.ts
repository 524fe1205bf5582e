import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { InfraError, ProductFailure, UsageError } from '../../harness/errors/errors.ts';
import { failure } from '../failure.ts';
import { findings, openUpgradable, type Upgradable } from './upgradable.ts';

const CRASHING = { controller: 'virt-handler', version: 'v1.9.0', behaviour: 'crash-loop' } as const;
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

describe('KubeVirt that is upgraded before it is tested', function () {
  this.timeout(120_000);
  let cluster: Upgradable;
  afterEach(async () => await cluster.close());

  it('stands in the new version, and is taken away wholly in the end', async () => {
    cluster = await openUpgradable();
    const { kubevirt } = await cluster.provide({ from: 'v1.8.4', to: 'v1.9.0' });
    expect(kubevirt).to.include({ reports: 'v1.9.0', namespace: 'kubevirt' });
    expect(cluster.said()).to.include('KubeVirt v1.8.4 is ready: upgrading it from v1.8.4 to v1.9.0');
    expect(cluster.subject()?.kubevirt).to.equal('v1.9.0 after v1.8.4');
    expect(await cluster.scope.close()).to.deep.equal([]);
    expect(await findings(cluster.client)).to.deep.equal([]);
  });

  it('goes back when the new one crashes, also over definitions that the old one does not know', async () => {
    cluster = await openUpgradable([CRASHING]);
    const error = await failure(cluster.provide({ from: 'v1.8.4', to: 'v1.9.0' }), ProductFailure);
    expect(error.message).to.match(
      /^upgrade from v1\.8\.4 to v1\.9\.0: daemonset virt-handler: pod \S+, container virt-handler: crashed \d+ times .*; back at v1\.8\.4, which is ready$/,
    );
    expect(error.hint).to.match(/^read its log: kubectl logs -n kubevirt virt-handler-/);
    expect(cluster.said().join('\n')).to.match(
      /virtualmachineexports\.\S+ is stored as v1, .*, and holds nothing: deleted/,
    );
    const [back] = (await cluster.client.list('/apis/kubevirt.io/v1/kubevirts')).items;
    expect(back?.metadata.finalizers).to.deep.equal(['foregroundDeleteKubeVirt']);
    expect(back?.status).to.include({ phase: 'Deployed', observedKubeVirtVersion: 'v1.8.4' });
    // An operator of v1.8 would never take the finalizer of v1.9 away.
    expect(await cluster.scope.close()).to.deep.equal([]);
    expect(await findings(cluster.client)).to.deep.equal([]);
  });

  it('does not go back over objects that only the new one knows how to read, and says so', async () => {
    cluster = await openUpgradable([CRASHING]);
    const path = '/apis/export.kubevirt.io/v1/namespaces/default/virtualmachineexports';
    cluster.whenServed(`${DEFINITIONS}/virtualmachineexports.export.kubevirt.io`, 'v1', async () => {
      const source = { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: 'vm' };
      const object = { apiVersion: 'export.kubevirt.io/v1', kind: 'VirtualMachineExport', metadata: { name: 'kept' } };
      await cluster.client.create(path, { ...object, spec: { source } });
    });
    const error = await failure(cluster.provide({ from: 'v1.8.4', to: 'v1.9.0' }), ProductFailure);
    expect(error.message).to.match(
      /; going back to v1\.8\.4 failed too: 1 virtualmachineexports\S+ may be stored as v1/,
    );
    await cluster.client.delete(`${path}/kept`);
  });

  it('is told before what a downgrade is, and fails where Kubernetes refuses it', async () => {
    cluster = await openUpgradable();
    const error = await failure(cluster.provide({ from: 'v1.9.0', to: 'v1.8.4' }), ProductFailure);
    expect(cluster.said().join('\n')).to.match(/v1\.8\.4 is older than v1\.9\.0: KubeVirt rolls back, its API first/);
    expect(error.message).to.match(
      /^upgrade from v1\.9\.0 to v1\.8\.4: virt-operator cannot install KubeVirt: .*previously a storage version.*; back at v1\.9\.0, which is ready$/,
    );
  });

  it('must become another one, and must be our own', async () => {
    cluster = await openUpgradable([{ kubevirt: 'v1.9.0' }]);
    expect((await failure(cluster.provide({ from: 'v1.8.4', to: 'v1.9.0' }), InfraError)).message).to.equal(
      'the cluster already has a KubeVirt in kubevirt: what others installed is not upgraded',
    );
    await cluster.close();
    cluster = await openUpgradable();
    expect((await failure(cluster.provide({ from: 'v1.9.0', to: 'v1.9.0' }), UsageError)).message).to.match(
      /^an upgrade from v1\.9\.0 to v1\.9\.0 changes nothing: both are quay\.io\/kubevirt\/virt-operator:v1\.9\.0$/,
    );
    expect(await findings(cluster.client), 'nothing was touched').to.deep.equal([]);
  });
});
