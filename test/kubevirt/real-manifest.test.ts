import { access, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { discover } from '../../harness/kube/discovery.ts';
import { applyRelease } from '../../harness/kubevirt/install.ts';
import { readOperatorManifest } from '../../harness/kubevirt/operator-manifest.ts';
import { openRelease } from '../../harness/kubevirt/release.ts';
import type { Made } from '../../harness/kubevirt/uninstall.ts';
import { parseKubevirtVersion } from '../../harness/kubevirt/versions.ts';
import { skipBecause } from '../programs.ts';
import { openSimulatedCluster } from '../traces/simulated-cluster.ts';

const FOLDER = resolve('../shared/vectors/kubevirt-live/manifests');

describe('the manifest of the real v1.9.0', function () {
  this.timeout(120_000);
  let text = '';
  before(async function () {
    const file = `${FOLDER}/kubevirt-operator.yaml`;
    if (
      !(await access(file).then(
        () => true,
        () => false,
      ))
    )
      return skipBecause(this, 'the recordings beside this project are not there');
    text = await readFile(file, 'utf8');
  });
  const v190 = parseKubevirtVersion('v1.9.0');

  it('is refused wherever it was cut off', () => {
    // The schema of the definition is nine tenths of the file, and slow to read: the operator after it is cut at
    // every fifth line, and once a little behind.
    const whole = light(text).trimEnd();
    const cuts = [0.1, 0.3].map((share) => Math.floor(whole.length * share));
    const last = whole.lastIndexOf('\n---');
    const ends = [...whole.slice(last).matchAll(/\n/g)].map(({ index }) => last + index);
    cuts.push(...ends.filter((_, line) => line % 5 === 0).flatMap((at) => [at, at + 4]), ...ends.slice(-4));
    cuts.push(whole.length - 1, whole.length - 5);
    // Each of the last lines is needed, and so is each end of a line: it reads as YAML.
    cuts.push(...ends.slice(-12).map((at) => at + 1));
    const passed = cuts.filter((at) => {
      try {
        readOperatorManifest(whole.slice(0, at), v190, 'm.yaml');
        return true;
      } catch (error) {
        if (error instanceof InfraError) return false;
        throw error;
      }
    });
    expect(cuts.length).to.be.greaterThan(40);
    expect(passed).to.deep.equal([]);
    expect(readOperatorManifest(`${whole}\n`, v190, 'm.yaml')).to.have.length(10);
  });

  /** The same without the schemas of the definition. */
  function light(whole: string): string {
    return whole.replaceAll(/\n {4}schema:\n[\s\S]*?(?=\n {4}served:)/g, '');
  }

  it('is taken by a cluster, whole', async () => {
    const cluster = await openSimulatedCluster();
    try {
      const { client, scope } = cluster;
      const release = await openRelease(scope, {
        source: { kind: 'path', path: FOLDER },
        mirror: undefined,
        cache: 'none',
        environment: {},
        images: { imageRegistry: 'registry.example/kv', imageTag: undefined, imagePullPolicy: 'Always' },
        patches: [],
        labels: { 'sevlane/run': 'r1' },
        nodes: 1,
      });
      expect(release.version?.text).to.equal('v1.9.0');
      expect(release.resource.spec).to.deep.include({
        imageRegistry: 'registry.example/kv',
        imagePullPolicy: 'Always',
        infra: { replicas: 1 },
      });
      expect(release.resource.spec).to.have.nested.property('configuration.imagePullPolicy', 'Always');
      const made: Made[] = [];
      await applyRelease(scope, { client, discovery: discover(client), signal: scope.signal, made }, release);
      expect(made.map(({ object, uid }) => [object.kind, typeof uid])).to.deep.equal(
        [
          ...['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'ServiceAccount', 'ClusterRole', 'ClusterRole'],
          ...['Role', 'ClusterRoleBinding', 'RoleBinding', 'Deployment', 'KubeVirt'],
        ].map((kind) => [kind, 'string']),
      );
    } finally {
      await cluster.close();
    }
  });
});
