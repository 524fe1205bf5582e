import { expect } from 'chai';
import { describe, it } from 'mocha';
import { composeResource, laneResource, type ResourceWish } from '../../harness/kubevirt/custom-resource.ts';
import { guestDisk } from '../../harness/kubevirt/guest-disk.ts';
import type { ManifestObject } from '../../harness/kubevirt/manifest.ts';
import { parseKubevirtVersion } from '../../harness/kubevirt/versions.ts';

const AS_IS = { imageRegistry: undefined, imageTag: undefined, imagePullPolicy: undefined };

describe('the KubeVirt object of a run', () => {
  const given = (spec: object): ManifestObject => ({ ...composeResource('kubevirt'), spec });
  const definition = (configuration: object): ManifestObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'kubevirts.kubevirt.io' },
    spec: {
      versions: [{ schema: { openAPIV3Schema: { properties: { spec: { properties: { configuration } } } } } }],
    },
  });
  const made = (spec: object, version: string | undefined, more: Partial<ResourceWish> = {}) => {
    const wish = { images: AS_IS, namePrefix: '', nodes: 1, definition: undefined, ...more };
    const parsed = version === undefined ? undefined : parseKubevirtVersion(version);
    const { resource, overruled } = laneResource(given(spec), { ...wish, version: parsed });
    return { spec: resource.spec as Readonly<Record<string, unknown>>, overruled };
  };
  const gates = (spec: object, version: string | undefined) =>
    (made(spec, version).spec.configuration as { developerConfiguration: unknown }).developerConfiguration;

  it('lists the gate for SEV before v1.9, beside those that are listed, and where the version is not known', () => {
    const listed = { configuration: { developerConfiguration: { featureGates: ['Other'] } } };
    expect(gates(listed, 'v1.8.4')).to.deep.equal({ featureGates: ['Other', 'WorkloadEncryptionSEV'] });
    expect(gates({}, undefined)).to.deep.equal({ featureGates: ['WorkloadEncryptionSEV'] });
    expect(gates(listed, 'v1.9.0')).to.deep.equal({ featureGates: ['Other'] });
  });

  it('does not switch the gate off, and says that it overrules what does', () => {
    const off = { configuration: { developerConfiguration: { disabledFeatureGates: ['X', 'WorkloadEncryptionSEV'] } } };
    expect(gates(off, 'v1.9.0')).to.deep.equal({ featureGates: [], disabledFeatureGates: ['X'] });
    expect(made(off, 'v1.9.0').overruled.join()).to.include('disabledFeatureGates WorkloadEncryptionSEV');
    expect(made({}, 'v1.9.0').overruled).to.deep.equal([]);
  });

  it('wants one replica on a single node, and what the manifest wants on more', () => {
    expect(made({ infra: { nodePlacement: {} } }, 'v1.9.0').spec.infra).to.deep.equal({
      nodePlacement: {},
      replicas: 1,
    });
    expect(made({ infra: { replicas: 3 } }, 'v1.9.0', { nodes: 2 }).spec.infra).to.deep.equal({ replicas: 3 });
    expect(made({}, 'v1.9.0', { nodes: 2 }).spec).to.not.have.property('infra');
  });

  it('lets no guest block its uninstallation', () => {
    const { spec, overruled } = made({ uninstallStrategy: 'BlockUninstallIfWorkloadsExist' }, 'v1.9.0');
    expect(spec.uninstallStrategy).to.equal('RemoveWorkloads');
    expect(overruled.join()).to.include('uninstallStrategy BlockUninstallIfWorkloadsExist');
  });

  it("has the user's images, and the pull policy of guests only where the release knows it", () => {
    const images = { imageRegistry: 'r:5000/kv', imageTag: 'devel', imagePullPolicy: 'Always' };
    const known = definition({ properties: { imagePullPolicy: { type: 'string' } } });
    const before = { imageTag: 'old', imagePullPolicy: 'IfNotPresent' };
    expect(made(before, 'v1.9.0', { images, definition: known }).spec).to.deep.include({
      ...{ imageRegistry: 'r:5000/kv', imageTag: 'devel', imagePullPolicy: 'Always' },
      configuration: { imagePullPolicy: 'Always', developerConfiguration: { featureGates: [] } },
    });
    const unknown = made({}, 'v1.9.0', { images, definition: definition({ properties: {} }) }).spec;
    expect(unknown.configuration).to.not.have.property('imagePullPolicy');
  });

  it('leaves registry and tag to an operator whose images have a prefix in their names', () => {
    const images = { ...AS_IS, imageTag: 'devel' };
    const { spec } = made({ imageTag: 'old', imageRegistry: 'x/y' }, 'v1.9.0', { images, namePrefix: 'kv-' });
    expect(spec).to.not.have.any.keys('imageTag', 'imageRegistry');
  });
});

describe('the disk that guests boot', () => {
  it("is the project's with a release, and a developer's own with a build", () => {
    const disk = (reports: string, registry?: string, wanted?: string) =>
      guestDisk({ reports, registry, wanted }).replace('fedora-with-test-tooling-container-disk', 'D');
    expect(disk('v1.9.0', 'quay.io/kubevirt')).to.equal('quay.io/kubevirt/D:v1.9.0');
    expect(disk('v1.10.0-rc.1', 'elsewhere/kv')).to.equal('quay.io/kubevirt/D:v1.10.0-rc.1');
    expect(disk('v1.9.0', 'r/kv', 'r/kv')).to.equal('r/kv/D:v1.9.0');
    expect(disk('devel', 'registry:5000/kubevirt')).to.equal('registry:5000/kubevirt/D:devel');
    expect(disk('devel')).to.equal('quay.io/kubevirt/D:devel');
  });
});
