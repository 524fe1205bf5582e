import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { BundleIndex } from '../../harness/evidence/bundle/contents.ts';
import { type Lane, type Outcome, startLane } from './cli.ts';

describe('what a failed run keeps', function () {
  this.timeout(180_000);

  it('of a guest that does not boot: its pod and events, told in both reports', async () => {
    const { bundles, report, cases } = await ended([
      '--sim-scenario',
      'guest-stuck-in-scheduling',
      '--require',
      'sev',
      '--guest-boot-timeout',
      '4s',
    ]);
    const red = report.cases.filter(({ finding }) => finding !== undefined);
    expect(red.map(({ title }) => title)).to.have.length(1);
    expect(bundles.map(({ folder }) => folder)).to.deep.equal(red.map(({ bundle }) => bundle));
    const [{ index, read } = none()] = bundles;
    expect(index).to.include({ of: 'case', row: red[0]?.title });
    expect(read('objects/virtualmachineinstances.yaml')).to.match(/phase: Scheduling/);
    expect(read('timeline.md')).to.match(/>>> {2}case failed: [\s\S]*```\n$/);
    const failed = cases.find(({ outcome }) => outcome === 'failed');
    expect(failed?.output).to.include(`bundle: ${red[0]?.bundle}/index.md`);
  });

  it('of an installation that never gets ready: deployments, pods and events before it is undone', async () => {
    const { bundles, report, phases } = await ended([
      '--sim-scenario',
      'operator-never-ready',
      '--kubevirt-timeout',
      '6s',
    ]);
    expect(bundles.map(({ folder }) => folder)).to.deep.equal(['bundles/phase-kubevirt']);
    expect(report.phases.flatMap(({ name, bundle }) => (bundle === undefined ? [] : [name]))).to.deep.equal([
      'kubevirt',
    ]);
    const [{ index, read } = none()] = bundles;
    expect(index.files.map(({ file }) => file)).to.include.members([
      'objects/kubevirt-deployments.yaml',
      'objects/kubevirt-pods.yaml',
      'events/kubevirt.txt',
      'host/dmesg.txt',
    ]);
    expect(read('objects/kubevirt-pods.yaml')).to.match(/name: virt-operator-/);
    expect(phases.find(({ name }) => name === 'kubevirt')?.output).to.include(
      'bundle: bundles/phase-kubevirt/index.md',
    );
  });

  it('when every guest fails: one bundle each, the serial log of a console that was silent for us, and its known cause', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sevlane-all-fails-'));
    const scenario = join(folder, 'all-panic.yaml');
    await writeFile(
      scenario,
      'name: all-panic\ndescription: No kernel comes up.\nfaults:\n  - guest: all\n    console: panic\n',
    );
    const args = ['--sim-scenario', scenario, '--require', 'sev', '--guest-boot-timeout', '5s'];
    const { bundles, report } = await ended(args).finally(() => rm(folder, { recursive: true }));
    const red = report.cases.filter(({ outcome }) => outcome === 'failed');
    expect(red.length).to.be.above(1);
    expect(bundles.map((each) => each.folder)).to.have.members(red.map(({ bundle }) => bundle));
    for (const { index, read } of bundles) {
      const serial = index.files.find(({ file }) => file.endsWith('/serial.log'))?.file ?? '';
      expect(read(serial)).to.include('Kernel panic - not syncing');
      expect(index.notRead.filter(({ why }) => why !== 'there is none')).to.deep.equal([]);
    }
    for (const { finding } of red) expect(finding?.knownCauses?.map(({ line }) => line).join()).to.match(/panic/i);
  });
});

interface Kept {
  readonly folder: string;
  readonly index: BundleIndex;
  read(file: string): string;
}

function none(): Kept {
  throw new Error('no bundle was kept');
}

/** Runs the lane and reads its bundles; then the artifacts go. */
async function ended(args: readonly string[]): Promise<Outcome & { readonly bundles: readonly Kept[] }> {
  const running: Lane = await startLane(args);
  const told: string[] = [];
  running.onLine((line) => {
    const folder = /bundle of .*: (bundles\/\S+): \d+ files/.exec(line)?.[1];
    if (folder !== undefined) told.push(folder);
  });
  const outcome = await running.kept();
  const bundles = await Promise.all(told.map((folder) => readBundle(running.artifacts, folder)));
  await rm(running.artifacts, { recursive: true });
  return { ...outcome, bundles };
}

async function readBundle(artifacts: string, folder: string): Promise<Kept> {
  const texts = new Map<string, string>();
  const text = async (file: string) => await readFile(join(artifacts, folder, file), 'utf8');
  const index = JSON.parse(await text('index.json')) as BundleIndex;
  for (const { file } of index.files) texts.set(file, await text(file));
  return { folder, index, read: (file) => texts.get(file) ?? '' };
}
