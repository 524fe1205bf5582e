import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseAllDocuments } from 'yaml';
import { defaultConfiguration, effectiveConfig } from '../../../providers/mock/kubevirt/config.ts';
import { gateState, knownGates } from '../../../providers/mock/kubevirt/feature-gates.ts';
import { installObjects } from '../../../providers/mock/kubevirt/install/install-objects.ts';
import { kubevirtCr, operatorManifest, writeMirror } from '../../../providers/mock/kubevirt/manifest.ts';
import type { KubevirtVersion } from '../../../providers/mock/kubevirt/version.ts';
import { KNOWN_VERSIONS, kubevirtVersion, supportedKubernetes } from '../../../providers/mock/kubevirt/versions.ts';
import { webhooksOf } from '../../../providers/mock/kubevirt/webhooks.ts';
import { orSkip, recorded } from './vectors.ts';

const v190 = release('v1.9.0');
const where = { namespace: 'kubevirt', registry: 'quay.io/kubevirt', tag: 'v1.9.0' };

describe('a simulated KubeVirt release', () => {
  it('is found by exact name, by minor and by another patch of a known minor', () => {
    expect(kubevirtVersion('v1.7.4')?.text).to.equal('v1.7.4');
    expect(kubevirtVersion('1.7')?.text).to.equal('v1.7.4');
    expect(kubevirtVersion('v1.7.1')?.text).to.equal('v1.7.1');
    expect(kubevirtVersion('v2.0.0')).to.equal(undefined);
    expect(kubevirtVersion('latest')).to.equal(undefined);
  });

  it('supports the three Kubernetes minors of its day', () => {
    expect(supportedKubernetes(release('v1.6.6'))).to.deep.equal(['1.31', '1.32', '1.33']);
    expect(supportedKubernetes(v190)).to.deep.equal(['1.34', '1.35', '1.36']);
  });

  it('has the gate for SEV on by default from v1.9 only, and lets it be switched', () => {
    const sev = (text: string, developerConfiguration?: object): boolean =>
      effectiveConfig(
        release(text),
        developerConfiguration && { configuration: { developerConfiguration } },
      ).gateEnabled('WorkloadEncryptionSEV');
    expect([sev('v1.6.6'), sev('v1.7.4'), sev('v1.8.4'), sev('v1.9.0')]).to.deep.equal([false, false, false, true]);
    expect(sev('v1.7.4', { featureGates: ['WorkloadEncryptionSEV'] })).to.equal(true);
    expect(sev('v1.9.0', { disabledFeatureGates: ['WorkloadEncryptionSEV'] })).to.equal(false);
    const both = { featureGates: ['WorkloadEncryptionSEV'], disabledFeatureGates: ['WorkloadEncryptionSEV'] };
    expect(sev('v1.9.0', both)).to.equal(true);
  });

  for (const version of KNOWN_VERSIONS) {
    it(`has the defaults, gates and webhooks of ${version.text}`, function () {
      const misc = orSkip(this, recorded(`kubevirt/${version.text}/misc.json`)) as Misc;
      expect(defaultConfiguration(version)).to.deep.equal(misc.defaultConfig);
      const states = Object.fromEntries(knownGates(version).map((name) => [name, gateState(name, version)]));
      const real = Object.entries(misc.featureGates).map(([name, { state }]) => [name, SHORT_STATES[state]]);
      expect(states).to.deep.equal(Object.fromEntries(real));
      const hooks = webhooksOf(version).filter(({ configuration }) => configuration !== 'virt-operator-validator');
      expect(Object.fromEntries(hooks.map((hook) => [hook.name, summary(hook)]))).to.deep.equal(
        Object.fromEntries(Object.entries(misc.webhooks).map(([name, hook]) => [name, recordedSummary(hook)])),
      );
    });
  }
});

describe('the manifests of a simulated KubeVirt', () => {
  it('are written as releases lay them out and read back as the same objects', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mirror-'));
    try {
      await writeMirror(dir, KNOWN_VERSIONS);
      const text = await readFile(join(dir, 'v1.9.0', 'kubevirt-operator.yaml'), 'utf8');
      const objects = parseAllDocuments(text).map((document) => document.toJS());
      expect(objects).to.deep.equal(operatorManifest(v190));
      expect(text).to.contain('image: quay.io/kubevirt/virt-operator:v1.9.0');
      const cr = parseAllDocuments(await readFile(join(dir, 'v1.6.6', 'kubevirt-cr.yaml'), 'utf8'));
      expect(cr.map((document) => document.toJS())).to.deep.equal([kubevirtCr()]);
      expect(await readFile(join(dir, 'stable.txt'), 'utf8')).to.equal('v1.9.0');
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('hold the objects of the real one, in its order', () => {
    expect(operatorManifest(v190).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([
      'Namespace kubevirt',
      'CustomResourceDefinition kubevirts.kubevirt.io',
      'PriorityClass kubevirt-cluster-critical',
      'ClusterRole kubevirt.io:operator',
      'ServiceAccount kubevirt-operator',
      'Role kubevirt-operator',
      'RoleBinding kubevirt-operator-rolebinding',
      'ClusterRole kubevirt-operator',
      'ClusterRoleBinding kubevirt-operator',
      'Deployment virt-operator',
    ]);
  });
});

describe('what virt-operator installs', () => {
  it('comes with its dependencies first and marked as managed', () => {
    const objects = installObjects(v190, kubevirtCr(), where);
    const kinds = objects.map(({ kind }) => kind);
    const first = (kind: string): number => kinds.indexOf(kind);
    expect(first('CustomResourceDefinition')).to.equal(0);
    expect(first('ClusterRole')).to.be.lessThan(first('MutatingWebhookConfiguration'));
    expect(first('MutatingWebhookConfiguration')).to.be.lessThan(first('APIService'));
    expect(first('APIService')).to.be.lessThan(first('Deployment'));
    expect(kinds.at(-1)).to.equal('DaemonSet');
    for (const { metadata } of objects) {
      expect(metadata.labels).to.include({ 'app.kubernetes.io/managed-by': 'virt-operator' });
      expect(metadata.annotations).to.include({ 'kubevirt.io/install-strategy-version': 'v1.9.0' });
    }
  });

  it('names the objects that the real one named', function () {
    const files = ['apiservice', 'clusterrole', 'clusterrolebinding', 'crd', 'ns-deploy', 'ns-ds', 'ns-sa', 'ns-svc'];
    files.push('ns-role', 'ns-rolebinding', 'mutatingwebhookconfiguration', 'validatingwebhookconfiguration');
    const real = files.flatMap((file) => {
      const list = orSkip(this, recorded(`kubevirt-live/objects/${file}.json`)) as { items: Installed[] };
      return list.items.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'virt-operator');
    });
    const ours = installObjects(v190, kubevirtCr(), where).filter(({ kind }) => kind !== 'ConfigMap');
    const withoutPdb = ours.filter(({ kind }) => kind !== 'PodDisruptionBudget');
    expect(withoutPdb.map(nameOf).sort()).to.deep.equal(real.map(nameOf).sort());
  });

  it('gives edit rights over guests but not over migrations to kubevirt.io:edit', function () {
    const real = orSkip(this, recorded('kubevirt-live/objects/clusterrole.json')) as { items: Role[] };
    const ours = installObjects(v190, kubevirtCr(), where) as unknown as Role[];
    for (const name of ['admin', 'edit', 'view', 'migrate', 'default'].map((each) => `kubevirt.io:${each}`)) {
      const rights = (roles: Role[]): string[] => granted(roles.find((role) => role.metadata.name === name));
      expect(rights(ours), name).to.deep.equal(rights(real.items));
    }
  });

  it('scales down virt-api on a single node and keeps a budget for what has two replicas', () => {
    const named = (nodes: number): string[] => installObjects(v190, kubevirtCr(), { ...where, nodes }).map(nameOf);
    expect(named(1)).to.not.include('PodDisruptionBudget virt-api-pdb');
    expect(named(1)).to.include('PodDisruptionBudget virt-controller-pdb');
    expect(named(2)).to.include('PodDisruptionBudget virt-api-pdb');
  });
});

interface Misc {
  readonly defaultConfig: unknown;
  readonly featureGates: Readonly<Record<string, { readonly state: string }>>;
  readonly webhooks: Readonly<Record<string, RecordedHook>>;
}

interface RecordedHook {
  readonly path: string;
  readonly kind: string;
  readonly rules: readonly { apiGroups: string[]; apiVersions: string[]; resources: string[]; operations: string[] }[];
}

interface Installed {
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
}

interface Role {
  readonly metadata: { readonly name: string };
  readonly rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

const SHORT_STATES: Readonly<Record<string, string>> = {
  Alpha: 'alpha',
  Beta: 'beta',
  'General Availability': 'ga',
  Deprecated: 'deprecated',
  Discontinued: 'discontinued',
};

function release(text: string): KubevirtVersion {
  const version = kubevirtVersion(text);
  if (version === undefined) throw new Error(`${text} is unknown`);
  return version;
}

function summary(hook: ReturnType<typeof webhooksOf>[number]): object {
  const { path, group, apiVersions, resources, operations } = hook;
  return { path, group, apiVersions, resources, operations, mutating: hook.configuration === 'virt-api-mutator' };
}

function recordedSummary({ path, rules, kind }: RecordedHook): object {
  const [rule] = rules;
  const { apiGroups, ...rest } = rule ?? { apiGroups: [] };
  return { path, group: apiGroups[0], ...rest, mutating: kind === 'mutating' };
}

function nameOf({ kind, metadata }: Installed): string {
  return `${kind} ${metadata.name}`;
}

function granted(role: Role | undefined): string[] {
  const rights = (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`))),
  );
  return [...new Set(rights)].sort();
}
