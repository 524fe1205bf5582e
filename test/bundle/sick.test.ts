import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { loadScenario } from '../../providers/mock/scenario/named.ts';
import { failureOf, type KeptBundle, keepOne, type SickCluster, startSickCluster } from './sick-cluster.ts';

type Scenario = Extract<ReturnType<typeof loadScenario>, { readonly scenario: unknown }>['scenario'];
type Faults = Scenario['faults'];

describe('a bundle of a cluster that is not well', function () {
  this.timeout(120_000);
  let cluster: SickCluster | undefined;

  afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
  });

  const file = ({ files }: KeptBundle, pattern: RegExp) => [...files].find(([name]) => pattern.test(name))?.[1] ?? '';
  const running = ({ status }: KubeObject) => (status as { readonly phase?: string } | undefined)?.phase === 'Running';
  const refused = ({ status }: KubeObject) => JSON.stringify(status ?? {}).includes('SyncVMI failed');

  it('has the words of QEMU that refused a guest, and what is known of them', async () => {
    cluster = await startSickCluster({ scenario: withFaults({ host: { 'firmware.apiMinor': 58 } }) });
    await cluster.boot('sev-es', refused);
    const kept = await keepOne({ bounds: { reach: cluster.reach } });
    expect(file(kept, /qemu\.log$/)).to.match(/LAUNCH_START ret=-5 fw_error=21[\s\S]*shutting down, reason=failed\n/);
    expect(file(kept, /compute\.log$/)).to.match(/"msg":".*fw_error=21.*"subcomponent":"qemu"/);
    expect(file(kept, /timeline\.md$/)).to.match(/log virt-launcher-sev-es-.*fw_error=21/);
    const known = kept.index.knownCauses.map(({ line }) => line).join('\n');
    expect(known).to.include('fw_error=21');
    expect(file(kept, /index\.md$/)).to.include('Known texts in what was collected');
    expect(kept.events.find(({ type }) => type === 'known-causes')).to.include({ where: failureOf().finding.where });
  });

  it('has what the run before its restart left of a container that crashes', async () => {
    const scenario = withFaults({ controller: 'virt-controller', behaviour: 'crash-loop' });
    cluster = await startSickCluster({ scenario }, { isWhole: false });
    await cluster.restarted('virt-controller');
    const failure = failureOf({ of: 'phase', row: 'kubevirt', beganAt: Date.now() - 60_000 });
    const kept = await keepOne({ failure, bounds: { reach: cluster.reach } });
    expect(file(kept, /virt-controller\.previous\.log$/)).to.match(/^\S+Z panic: runtime error/);
    expect(file(kept, /events\/kubevirt\.txt$/)).to.match(/Warning BackOff Pod virt-controller-/);
    expect(file(kept, /timeline\.md$/)).to.match(
      /Pod virt-controller-\S+ {2}container virt-controller ended, exit 2 Error/,
    );
    expect(kept.folder).to.equal('bundles/phase-kubevirt');
  });

  it('tells on our clock what a node told whose clock is off', async () => {
    const beganAt = Date.now();
    cluster = await startSickCluster({ scenario: withFaults({ host: { clockAheadMs: -3_600_000 } }) });
    await cluster.boot('sev', running);
    for (const reach of [cluster.reach, { ...cluster.reach, ssh: undefined }]) {
      const kept = await keepOne({ failure: failureOf({ beganAt }), bounds: { reach } });
      expect(kept.index.clock?.aheadMs).to.be.within(-3_610_000, -3_590_000);
      const lines = file(kept, /timeline\.md$/).split('\n');
      const at = (word: RegExp) => Date.parse(lines.find((line) => word.test(line))?.slice(0, 24) ?? '');
      // The API tells whole seconds, of events as of its own time.
      expect(at(/VirtualMachineInstance sev {2}phase Running/)).to.be.within(beganAt - 2000, Date.now() + 2000);
      expect(at(/log virt-launcher-sev-.*Connected to libvirt/)).to.be.within(beganAt - 2000, Date.now() + 2000);
      // The log itself stands as the node wrote it, and none of it is missing for want of a right time to begin with.
      expect(Date.parse(file(kept, /compute\.log$/).slice(0, 24))).to.be.below(Date.now() - 3_000_000);
      expect(file(kept, /virt-handler-.*\/virt-handler\.log$/)).to.not.equal('');
    }
  });

  it('tells why a guest cannot be asked whose launcher is not there yet, and has the rest', async () => {
    cluster = await startSickCluster({
      scenario: withFaults({ guest: 'sev', stuckIn: 'Scheduling' }),
    });
    await cluster.boot(
      'sev',
      ({ status }) => (status as { readonly phase?: string } | undefined)?.phase === 'Scheduling',
    );
    const kept = await keepOne({ bounds: { reach: cluster.reach } });
    expect(kept.files.has('objects/virtualmachineinstances.yaml')).to.equal(true);
    for (const { what, why } of kept.index.notRead) expect(why, what).to.match(/\S/);
    expect(file(kept, /domain\.xml$/)).to.equal('');
  });

  it('is kept of what still answers when the API server has trouble with a part', async () => {
    const scenario = withFaults({
      api: { verb: 'list', resource: 'events' },
      answer: 'status',
      status: 500,
      message: 'etcd is gone',
    });
    cluster = await startSickCluster({ scenario });
    await cluster.boot('sev', running);
    const kept = await keepOne({ bounds: { reach: cluster.reach } });
    const missing = kept.index.notRead.filter(({ why }) => why.includes('etcd is gone')).map(({ what }) => what);
    expect(missing).to.include('events of namespace guests, in time order');
    expect(file(kept, /index\.md$/)).to.match(/## What could not be read, and why\n\n(- .*\n)*- events of namespace/);
    expect(kept.files.has('objects/pods.yaml')).to.equal(true);
  });
});

function withFaults(...faults: NonNullable<Faults>): Scenario {
  const loaded = loadScenario('healthy');
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return { ...loaded.scenario, faults };
}
