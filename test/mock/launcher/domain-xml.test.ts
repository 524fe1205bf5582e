import { expect } from 'chai';
import { effectiveConfig } from '../../../providers/mock/kubevirt/config.ts';
import { launcherCluster } from '../../../providers/mock/kubevirt/launcher/cluster.ts';
import { domainXml } from '../../../providers/mock/kubevirt/launcher/domain-xml.ts';
import { liveDomainXml } from '../../../providers/mock/kubevirt/launcher/live-domain-xml.ts';
import { attribute, child, childrenNamed, parseXml } from '../../../providers/mock/kubevirt/launcher/xml.ts';
import type { Vmi } from '../../../providers/mock/kubevirt/model/vmi.ts';
import type { Encryption } from '../../../providers/mock/physics/host.ts';
import { guestVmi, release, withDomain } from './guests.ts';

const ES = { sev: { policy: { encryptedState: true } } };

describe('domain of a launcher', () => {
  it('carries type, policy and firmware of what the VMI asks for', () => {
    expect(converted(guestVmi({ sev: {} })))
      .to.include('<policy>0x1</policy>')
      .and.include('OVMF_CODE.cc.fd');
    expect(converted(guestVmi(ES)))
      .to.include('<launchSecurity type="sev">')
      .and.include('<policy>0x5</policy>');
    const snp = converted(guestVmi({ snp: {} }));
    expect(snp).to.include('<policy>0x30000</policy>').and.include('OVMF.amdsev.fd').and.not.include('<nvram');
    expect(converted(guestVmi())).not.to.include('launchSecurity');
  });

  it('sends every virtio device of an encrypted guest through the IOMMU, and of a plain one none', () => {
    const count = (xml: string) => xml.match(/iommu="on"/g)?.length ?? 0;
    expect(count(converted(guestVmi({ snp: {} })))).to.equal(6);
    expect(count(converted(guestVmi()))).to.equal(0);
  });

  it('makes a plain guest of SNP before v1.7, as that release does', () => {
    expect(converted(guestVmi({ snp: {} }), 'v1.6.6'))
      .not.to.include('launchSecurity')
      .and.not.include('iommu');
  });

  it('refuses a disk without its volume', () => {
    const devices = { disks: [{ name: 'lost', disk: { bus: 'virtio' } }] };
    expect(() => converted(withDomain(guestVmi(), { devices }))).to.throw(
      'disk "lost" of "probe" has no volume of its name',
    );
  });

  it('names disks by bus and place', () => {
    const disks = ['a', 'b', 'c'].map((name, index) => ({ name, disk: { bus: index === 1 ? 'sata' : 'virtio' } }));
    const vmi = withDomain(guestVmi(), { devices: { disks } });
    const volumes = disks.map(({ name }) => ({ name, emptyDisk: { capacity: '1Gi' } }));
    const xml = converted({ ...vmi, spec: { ...vmi.spec, volumes } });
    expect([...xml.matchAll(/dev="(\w+)"/g)].map(([, name]) => name)).to.deep.equal(['vda', 'sda', 'vdb']);
  });
});

describe('less common parts of a domain', () => {
  it('give CD-ROMs a tray and take the blocks back only from storage that can', () => {
    const disks = [
      { name: 'claim', cdrom: { bus: 'sata', tray: 'closed' } },
      { name: 'seed', cdrom: { bus: 'sata', tray: 'closed' } },
    ];
    const volumes = [
      { name: 'claim', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'seed', cloudInitNoCloud: {} },
    ];
    const xml = converted(withVolumes(withDomain(guestVmi(), { devices: { disks } }), volumes));
    expect(xml).to.include('tray="closed"');
    expect(xml.match(/<driver [^>]*>/g)?.filter((driver) => driver.includes('type="raw"'))).to.deep.equal([
      '<driver cache="none" error_policy="stop" name="qemu" type="raw" discard="unmap">',
      '<driver cache="none" error_policy="stop" name="qemu" type="raw">',
    ]);
  });

  it('pin vCPUs, then the emulator, and put its I/O thread beside it', () => {
    const cpu = {
      cores: 2,
      sockets: 1,
      threads: 1,
      model: 'host-model',
      dedicatedCpuPlacement: true,
      isolateEmulatorThread: true,
    };
    const xml = converted(withDomain(guestVmi(), { cpu, ioThreadsPolicy: 'auto' }));
    expect(xml).to.include('<vcpupin vcpu="1" cpuset="1">').and.include('<emulatorpin cpuset="2">');
    expect(xml).to.include('<iothreadpin iothread="1" cpuset="2">');
  });

  it('back huge pages by a file in a memory cell, unless the VMI says otherwise', () => {
    const vmi = withDomain(guestVmi(), { memory: { guest: '1Gi', hugepages: { pageSize: '2Mi' } } });
    expect(converted(vmi)).to.include('<source type="memfd">').and.include('<cell id="0" cpus="0-3"');
    const plain = { ...vmi, metadata: { ...vmi.metadata, annotations: { 'kubevirt.io/memfd': 'false' } } };
    expect(converted(plain)).to.include('<hugepages>').and.not.include('memfd').and.not.include('<cell');
  });

  it('share the guest’s memory with passt and forward its named ports only', () => {
    const interfaces = [{ name: 'default', passtBinding: {}, ports: [{ port: 22 }, { port: 53, protocol: 'UDP' }] }];
    const xml = converted(withDomain(guestVmi(), { devices: { interfaces } }));
    expect(xml).to.include('<access mode="shared">').and.include('<interface type="vhostuser">');
    expect(xml.match(/<range start="(\d+)"/g)).to.deep.equal(['<range start="22"', '<range start="53"']);
  });
});

describe('dump of a running domain', () => {
  it('is well formed, has an id, the uuid of the firmware and a versioned machine', () => {
    const domain = parseXml(live(guestVmi({ snp: {} })));
    expect(attribute(domain, 'id')).to.equal('1');
    expect(child(domain, 'uuid')?.text).to.equal('99999999-2222-4333-8444-555555555555');
    expect(attribute(child(child(domain, 'os'), 'type'), 'machine')).to.match(/^pc-q35-/);
  });

  it('pads policies and fills in the silicon’s figures', () => {
    const security = (vmi: Vmi) => child(parseXml(live(vmi)), 'launchSecurity');
    expect(child(security(guestVmi({ sev: {} })), 'policy')?.text).to.equal('0x0001');
    expect(child(security(guestVmi(ES)), 'policy')?.text).to.equal('0x0005');
    expect(child(security(guestVmi({ snp: {} })), 'policy')?.text).to.equal('0x00030000');
    expect(child(security(guestVmi(ES)), 'cbitpos')?.text).to.equal('51');
  });

  it('claims what it is told to claim, and changes nothing else', () => {
    const honest = live(guestVmi({ snp: {} }));
    const lie = live(guestVmi({ snp: {} }), 'none');
    expect(lie).not.to.include('launchSecurity');
    expect(lie).to.equal(honest.replace(/ {2}<launchSecurity[\s\S]*<\/launchSecurity>\n/, ''));
  });

  it('gives each device behind the root complex an address of its own', () => {
    const devices = child(parseXml(live(guestVmi())), 'devices');
    const all = devices?.children.map((device) => child(device, 'address')) ?? [];
    const pci = all.filter((address) => attribute(address, 'type') === 'pci' && attribute(address, 'bus') !== '0x00');
    const buses = pci.map((address) => attribute(address, 'bus'));
    expect(buses).to.have.lengthOf(6);
    expect(new Set(buses).size).to.equal(6);
    const ports = childrenNamed(devices, 'controller').filter((one) => attribute(one, 'model') === 'pcie-root-port');
    expect(ports).to.have.lengthOf(6);
  });
});

describe('XML reader', () => {
  it('says where a document is broken', () => {
    expect(() => parseXml('<a><b></a>')).to.throw('XML closes <a> where <b> is open');
    expect(() => parseXml('<a>')).to.throw('XML ends inside <a>');
    expect(() => parseXml('text<a/>')).to.throw('XML has text outside the root element: "text"');
  });

  it('reads back entities and both quotes', () => {
    const { attributes, text } = parseXml(`<a x='1 &lt; 2' y="it's">&amp;</a>`);
    expect(attributes).to.deep.equal([
      ['x', '1 < 2'],
      ['y', "it's"],
    ]);
    expect(text).to.equal('&');
  });
});

function withVolumes(vmi: Vmi, volumes: NonNullable<Vmi['spec']['volumes']>): Vmi {
  return { ...vmi, spec: { ...vmi.spec, volumes } };
}

function converted(vmi: Vmi, version = 'v1.9.0'): string {
  return domainXml(vmi, launcherCluster(effectiveConfig(release(version))));
}

function live(vmi: Vmi, launchSecurity?: Encryption): string {
  const cluster = launcherCluster(effectiveConfig(release('v1.9.0')));
  const host = {
    virtualizer: { libvirt: '11.10.0', qemu: '10.1.0', q35: 'pc-q35-rhel9.8.0' },
    cpuModel: 'EPYC-Milan',
    cpuVendor: 'AMD',
    cpuFeatures: ['x2apic'],
    cbitpos: 51,
    reducedPhysBits: 1,
  };
  return liveDomainXml(vmi, { cluster, host, ...(launchSecurity === undefined ? {} : { launchSecurity }) });
}
