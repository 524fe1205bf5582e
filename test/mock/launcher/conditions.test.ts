import { expect } from 'chai';
import { migrationStatus } from '../../../providers/mock/kubevirt/conditions.ts';
import { effectiveConfig } from '../../../providers/mock/kubevirt/config.ts';
import { launcherCluster } from '../../../providers/mock/kubevirt/launcher/cluster.ts';
import type { Vmi } from '../../../providers/mock/kubevirt/model/vmi.ts';
import { guestVmi, release, withDomain } from './guests.ts';

const SEV = { sev: {} };

describe('migration conditions', () => {
  it('refuse SEV of any kind and allow a plain guest', () => {
    expect(status(guestVmi(SEV)).liveMigratable).to.include({
      status: 'False',
      reason: 'SEVNotLiveMigratable',
      message: 'VMI uses SEV',
    });
    expect(status(guestVmi({ snp: {} })).liveMigratable.reason).to.equal('SEVNotLiveMigratable');
    expect(status(guestVmi()).liveMigratable).to.deep.equal({ type: 'LiveMigratable', status: 'True' });
  });

  it('tell the first obstacle for live migration and every one for storage', () => {
    const bridged = status(withInterface(guestVmi(SEV), { name: 'default', bridge: {} }));
    expect(bridged.liveMigratable.reason).to.equal('InterfaceNotLiveMigratable');
    expect(bridged.storageLiveMigratable.message).to.match(
      /^InterfaceNotLiveMigratable: .*, SEVNotLiveMigratable: VMI uses SEV$/,
    );
  });

  it('put disks before SEV up to v1.5 only', () => {
    const claimed = guestVmi(SEV);
    const vmi = {
      ...claimed,
      spec: { ...claimed.spec, volumes: [{ name: 'root', persistentVolumeClaim: { claimName: 'p' } }] },
    };
    expect(status(vmi, 'v1.5.3').liveMigratable.reason).to.equal('DisksNotLiveMigratable');
    expect(status(vmi, 'v1.6.6').liveMigratable.reason).to.equal('SEVNotLiveMigratable');
  });

  it('warn where an eviction strategy asks for what cannot be', () => {
    const vmi = guestVmi(SEV);
    const evicted = status({ ...vmi, spec: { ...vmi.spec, evictionStrategy: 'LiveMigrate' } });
    expect(evicted.warning).to.equal('EvictionStrategy is set but vmi is not migratable; VMI uses SEV');
    expect(status(vmi)).not.to.have.property('warning');
  });

  it('treat SNP as nothing before v1.7', () => {
    expect(status(guestVmi({ snp: {} }), 'v1.6.6').liveMigratable.status).to.equal('True');
  });
});

function status(vmi: Vmi, version = 'v1.9.0'): ReturnType<typeof migrationStatus> {
  const cluster = launcherCluster(effectiveConfig(release(version)));
  return migrationStatus(vmi, { cluster, nodeName: 'node-a', hostModel: 'EPYC-Milan' });
}

function withInterface(vmi: Vmi, iface: NonNullable<Vmi['spec']['domain']['devices']['interfaces']>[number]): Vmi {
  return withDomain(vmi, { devices: { ...vmi.spec.domain.devices, interfaces: [iface] } });
}
