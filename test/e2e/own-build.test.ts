import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { lane, type Sim, startSim } from './cli.ts';
import { allObjects, openSimApi, type SimApi } from './sim-api.ts';

describe("a developer's own KubeVirt", function () {
  this.timeout(180_000);
  let sim: Sim;
  let api: SimApi;
  let folder = '';

  beforeEach(async () => {
    sim = await startSim();
    api = await openSimApi(sim.kubeconfig);
    folder = await mkdtemp(join(tmpdir(), 'own-build-'));
  });

  afterEach(async () => {
    api.close();
    await sim.stop();
    await rm(folder, { recursive: true });
  });

  /** The fence of the lease stays with the lease. */
  const remaining = async () => (await allObjects(api)).filter((each) => !/ \/sevlane-fence-/.test(each));

  it('is tested from the folder of its manifests, with images and patches of its own, and is gone then', async () => {
    const before = await remaining();
    await cp(join(sim.manifestMirror, 'v1.9.0'), folder, { recursive: true });
    const patches = join(folder, 'patches.yaml');
    await writeFile(patches, '- {target: {kind: KubeVirt, name: kubevirt}, merge: {metadata: {annotations: {a: b}}}}');
    const images = ['--image-registry', 'registry.example:5000/me', '--image-tag', 'devel'];
    const { exitCode, report, stderr } = await lane([
      ...[...sim.args, '--kubevirt', folder, '--kubevirt-patches', patches, '--require', 'sev'],
      ...['--focus', 'names exactly', ...images],
    ]);
    expect(exitCode, report.verdict).to.equal(0);
    expect(report.subject.kubevirt).to.equal('devel (v1.9.0)');
    expect(stderr).to.include('installing KubeVirt devel (operator=registry.example:5000/me/virt-operator:devel)');
    expect(stderr).to.include('registry.example:5000/me/fedora-with-test-tooling-container-disk:devel');
    expect(await remaining()).to.deep.equal(before);
  });

  it('with patches that do not fit is a mistake of the user, and changes nothing', async () => {
    const before = await allObjects(api);
    const patches = join(folder, 'patches.yaml');
    await writeFile(patches, '- target: {kind: KubeVirt}\n  merge: {}\n- target: {kind: A, name: b}\n');
    const { exitCode, report } = await lane([...sim.args, '--kubevirt-patches', patches]);
    expect(exitCode).to.equal(2);
    expect(report.verdict).to.match(/^usage: .*patches\.yaml:1: \[0\]\.target has no name/);
    expect(await allObjects(api)).to.deep.equal(before);
  });
});
