import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { parseAllDocuments } from 'yaml';
import type { RunEvent } from '../../harness/model/events.ts';
import { failureOf, type KeptBundle, keepOne, type SickCluster, startSickCluster } from './sick-cluster.ts';

const at = (ms: number) => new Date(ms).toISOString();

describe('a bundle of a guest that runs', () => {
  let cluster: SickCluster;
  let kept: KeptBundle;
  const beganAt = Date.now();

  before(async function () {
    this.timeout(120_000);
    cluster = await startSickCluster();
    await cluster.boot('sev', ({ status }) => (status as { phase?: string } | undefined)?.phase === 'Running');
    await cluster.said(/ login: $/);
    const history: readonly RunEvent[] = [
      { type: 'case-started', at: at(beganAt), title: 'boots' },
      { type: 'waiting', at: at(beganAt + 1), goal: 'SEV guest: runs', saw: 'phase=Scheduling', forMs: 1, withinMs: 9 },
    ];
    const failure = failureOf({ beganAt, transcript: 'fedora login: \u001b[1mroot\u001b[0m\r\n' });
    kept = await keepOne({ failure, history, bounds: { reach: cluster.reach } });
  });
  after(async () => await cluster.stop());

  const file = (pattern: RegExp) => [...kept.files].find(([name]) => pattern.test(name))?.[1] ?? '';

  it('holds the objects as YAML, one kind a file', () => {
    const objects = (name: string) =>
      parseAllDocuments(file(new RegExp(`^objects/${name}\\.yaml$`))).map((document) => document.toJS());
    expect(objects('virtualmachineinstances').map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([
      'VirtualMachineInstance sev',
    ]);
    expect(objects('pods').map(({ metadata }) => metadata.labels['kubevirt.io'])).to.deep.equal(['virt-launcher']);
    expect(objects('nodes').map(({ metadata }) => metadata.name)).to.deep.equal(['sev-milan-1']);
    expect(objects('kubevirts').map(({ status }) => status.phase)).to.deep.equal(['Deployed']);
    const components = objects('kubevirt-pods').map(({ metadata }) => metadata.labels['kubevirt.io']);
    expect(components).to.include.members(['virt-operator', 'virt-api', 'virt-controller', 'virt-handler']);
    expect(components).to.not.include('virt-launcher');
  });

  it('holds what the guest said at its serial port from its first line on, and what we heard', () => {
    expect(file(/^guest\/.*\/serial\.log$/)).to.match(/Memory Encryption Features active: AMD SEV$/m);
    expect(file(/^guest\/console\.txt$/)).to.equal('fedora login: root\n');
  });

  it('holds what libvirt and QEMU in the launcher tell', () => {
    expect(file(/domain\.xml$/)).to.match(/<launchSecurity type='sev'/);
    expect(file(/^guest\/.*domcapabilities\.xml$/)).to.include("<sev supported='yes'>");
    expect(file(/^guest\/.*nodesevinfo\.txt$/)).to.match(/max-guests\s*: 410/);
    expect(file(/qemu\.log$/)).to.match(
      /starting up libvirt version: [\s\S]*-name guest=guests_sev,[\s\S]*"sev-guest"/,
    );
  });

  it('holds what the host tells of sev, ccp and kvm, and how many ASIDs are in use', () => {
    expect(file(/^host\/dmesg\.txt$/)).to.match(/ccp .*SEV API/);
    expect(file(/^host\/dmesg\.txt$/)).to.match(/kvm_amd: SEV enabled/);
    expect(file(/^host\/asids\.txt$/)).to.match(/misc\.current\nsev 1\n/);
  });

  it('holds events in time order, and logs of the launcher and of the control plane', () => {
    const times = file(/^events\/guests\.txt$/).match(/^\S+Z/gm) ?? [];
    expect(times).to.not.be.empty;
    expect(times).to.deep.equal([...times].sort());
    expect(file(/^logs\/virt-launcher-sev-.*\/compute\.log$/)).to.include('Connected to libvirt daemon');
    expect(
      [...kept.files.keys()].filter((name) => /^logs\/virt-(api|controller|handler|operator)-/.test(name)),
    ).to.have.length.above(3);
  });

  it('tells on one timeline what we, the cluster, the guest and its pod did', () => {
    const lines = file(/^timeline\.md$/)
      .split('\n')
      .filter((line) => /^\d{4}-/.test(line));
    expect(lines.map((line) => line.slice(0, 24))).to.deep.equal(lines.map((line) => line.slice(0, 24)).sort());
    const found = (word: RegExp) => lines.findIndex((line) => word.test(line));
    const order = [
      />>> {2}case begins/,
      /event {2}Normal Started Pod virt-launcher-sev-.* container compute/,
      /serial virt-launcher-sev-.*Memory Encryption Features active/,
      />>> {2}case failed: SEV guest: it crashed/,
    ];
    for (const each of order) expect(found(each), String(each)).to.be.at.least(0);
    expect(order.map(found)).to.deep.equal(order.map(found).sort((one, other) => one - other));
    expect(found(/sevlane {2}waiting for SEV guest: runs: phase=Scheduling/)).to.be.at.least(0);
    expect(found(/VirtualMachineInstance sev {2}phase Running/)).to.be.at.least(0);
    expect(found(/log virt-launcher-sev-.*\/compute/)).to.be.at.least(0);
  });

  it('has an index for people and one for programs, which name every file that is there', () => {
    const names = [...kept.files.keys()].filter((name) => !name.startsWith('index.'));
    expect(kept.index.files.map((each) => each.file)).to.have.members(names);
    for (const { file: name, sizeBytes } of kept.index.files)
      expect(Buffer.byteLength(kept.files.get(name) ?? ''), name).to.equal(sizeBytes);
    for (const name of names) expect(file(/^index\.md$/)).to.include(`(${name})`);
    expect(kept.index).to.include({ schema: 'sevlane.bundle/v1', of: 'case', row: failureOf().row });
    expect(kept.index.finding.message).to.equal('SEV guest: it crashed');
  });

  it('tells what there is none of, and misses nothing', () => {
    const missing = kept.index.notRead.filter(({ why }) => why !== 'there is none');
    expect(missing).to.deep.equal([]);
    expect(kept.index.notRead.map(({ what }) => what)).to.include("virtual machines of the run's namespace");
  });

  it('is told as one event', () => {
    expect(kept.events.filter(({ type }) => type !== 'log').map(({ type }) => type)).to.deep.equal(['bundle']);
    expect(kept.folder).to.equal('bundles/case-memory-encryption-sev-guest-boots');
  });
});
