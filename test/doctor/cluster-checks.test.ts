import { expect } from 'chai';
import { judgeAll } from '../../harness/doctor/check.ts';
import { CLUSTER_CHECKS } from '../../harness/doctor/cluster/check-table.ts';
import { clusterUnread } from '../../harness/doctor/cluster/examine.ts';
import type { ClusterReadings } from '../../harness/doctor/cluster/readings.ts';
import type { Right } from '../../harness/doctor/cluster/rights.ts';
import { newLease } from '../../harness/kube/lease/record.ts';
import { parseKubevirtVersion } from '../../harness/kubevirt/versions.ts';
import type { CheckResult } from '../../harness/model/check.ts';
import { inDays, NOW, node, object, readings, wish } from './readings.ts';

const found = (id: string, changes: Partial<ClusterReadings>): CheckResult => {
  const row = judgeAll(CLUSTER_CHECKS, readings(changes)).find((one) => one.id === id);
  if (row === undefined) throw new Error(`there is no check ${id}`);
  return row;
};
const said = (id: string, changes: Partial<ClusterReadings>): string => {
  const { verdict, read } = found(id, changes);
  return `${verdict}: ${read}`;
};
const certificate = (days: number, issuer = 'CN=kubernetes') => ({
  value: { subject: 'CN=a', issuer, validFrom: inDays(-400), validTo: inDays(days) },
});
const credentials = (subject: string, days: number, hasToken = false) => ({
  value: { place: 'p', server: 's', hasToken, expiries: [{ subject, at: inDays(days) }] },
});

describe("the doctor's checks of the cluster", () => {
  it('have an id and a title of their own each, and say why they matter', () => {
    const ids = CLUSTER_CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(new Set(CLUSTER_CHECKS.map(({ title }) => title)).size).to.equal(ids.length);
    for (const { why, expected } of CLUSTER_CHECKS) {
      expect(why).to.not.equal('');
      expect(expected).to.not.equal('');
    }
  });

  it('find nothing wrong with a healthy cluster', () => {
    const wrong = judgeAll(CLUSTER_CHECKS, readings()).filter(({ verdict }) => verdict !== 'ok' && verdict !== 'note');
    expect(wrong).to.deep.equal([]);
  });

  it('say of nothing that was not read that it is well', () => {
    const rows = clusterUnread(wish(), { unread: 'there is no connection', action: 'mend it' });
    expect(rows.map(({ id }) => id)).to.deep.equal(CLUSTER_CHECKS.map(({ id }) => id));
    const claimed = rows.filter(({ verdict }) => verdict !== 'unread').map(({ id }) => id);
    expect(claimed).to.deep.equal([]);
  });

  for (const [name] of Object.entries(readings()).filter(
    ([, value]) => typeof value === 'object' && 'value' in (value ?? {}),
  )) {
    it(`are not well with the one answer ${name} missing`, () => {
      const rows = judgeAll(CLUSTER_CHECKS, readings({ [name]: { unread: 'silence', action: 'listen' } }));
      expect(rows.some(({ verdict, read }) => verdict !== 'ok' && read.includes('silence'))).to.equal(true);
    });
  }

  it('count the days of a certificate, warn at 30 and refuse at 0', () => {
    expect(said('api-certificate', { apiCertificate: certificate(40) })).to.equal(
      'ok: 40 days left, until 2026-06-10T12:00:00Z',
    );
    expect(said('api-certificate', { apiCertificate: certificate(29.5) })).to.match(/^warning: 29 days left/);
    expect(said('api-certificate', { apiCertificate: certificate(0.01) })).to.match(
      /^fatal: ends .*within the time of one run \(2 h\)/,
    );
    expect(said('api-certificate', { apiCertificate: certificate(0) })).to.match(
      /^fatal: expired .*less than a day ago/,
    );
    expect(said('api-certificate', { apiCertificate: certificate(-1) })).to.equal(
      'fatal: expired at 2026-04-30T12:00:00Z, 1 day ago',
    );
    expect(found('api-certificate', { apiCertificate: certificate(-1) }).action).to.include('kubeadm certs renew');
  });

  it('tell client certificate, token and CA apart', () => {
    expect(said('client-certificate', { credentials: credentials('client certificate', -3) })).to.match(
      /^fatal: expired/,
    );
    expect(said('token-expiry', { credentials: credentials('token', 3, true) })).to.match(/^warning: 3 days left/);
    expect(said('token-expiry', { credentials: credentials('cluster CA', 3, true) })).to.equal('note: it tells no end');
    expect(said('ca-certificate', { credentials: credentials('cluster CA', 5) })).to.match(/^warning: 5 days/);
  });

  it('take the last of several CAs, for the others are there for a change', () => {
    const expiries = [-3, 900].map((days) => ({ subject: 'cluster CA', at: inDays(days) }));
    const bundle = { value: { place: 'p', server: 's', hasToken: false, expiries } };
    expect(said('ca-certificate', { credentials: bundle })).to.match(/^ok: 900 days/);
  });

  it('refuse an expired kubelet certificate of the cluster, and warn of one that the kubelet signed for itself', () => {
    expect(said('kubelet-certificate', { kubeletCertificate: certificate(-9) })).to.match(/^fatal: /);
    expect(said('kubelet-certificate', { kubeletCertificate: certificate(-9, 'CN=node01-ca@1745000000') })).to.match(
      /^warning: /,
    );
  });

  it('tell an expired certificate of the API server once', () => {
    const version = { unread: 'its certificate has expired', action: 'renew it' };
    expect(said('kubernetes-api', { version, apiCertificate: certificate(-9) })).to.match(/^unread: not reached/);
    expect(said('kubernetes-api', { version })).to.equal('fatal: its certificate has expired');
  });

  it('refuse another Kubernetes than the one asked for', () => {
    expect(said('kubernetes-api', { wish: wish({ kubernetes: 'v1.34' }) })).to.equal('ok: v1.34.4');
    expect(said('kubernetes-api', { wish: wish({ kubernetes: 'v1.3' }) })).to.match(
      /^fatal: the cluster runs Kubernetes v1.34.4, not v1.3$/,
    );
  });

  it('name the health checks that fail, and believe no page that is none', () => {
    const sick = { value: { status: 500, text: '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n' } };
    expect(said('api-ready', { ready: sick })).to.equal('fatal: failed: etcd');
    expect(said('api-ready', { ready: { value: { status: 200, text: '<html>ok</html>' } } })).to.match(/^unread: /);
    expect(said('api-live', { live: { value: { status: 200, text: '' } } })).to.match(/^unread: /);
  });

  it('name every right that is missing, all at once', () => {
    const missing = ['create', 'delete'].map((verb) => ({ verb, group: 'apps', resource: 'deployments' }));
    const row = found('api-rights', { missingRights: { value: missing } });
    expect(row.verdict).to.equal('fatal');
    expect(row.action).to.include('create deployments.apps, delete deployments.apps');
  });

  it('let a run begin without the rights that only make it tell less, and say what that is', () => {
    const otherwise = 'does not compare kinds that it may not list';
    const wished = { verb: 'list', group: '*', resource: '*', otherwise };
    expect(said('api-rights', { missingRights: { value: [wished] } })).to.equal(
      `note: enough, but a run ${otherwise} (no right to list *.*)`,
    );
    const needed = { verb: 'patch', group: '', resource: 'nodes' };
    expect(said('api-rights', { missingRights: { value: [wished, needed] } })).to.equal('fatal: missing: patch nodes');
  });

  it('tell whether the server keeps out a run that lost its lease, and why not', () => {
    const ground = (isServed: boolean, missing: readonly Right[] = []) => ({ value: { isServed, missing } });
    expect(said('fencing', {})).to.equal('ok: fencing by the server too');
    expect(said('fencing', { fencing: ground(false), version: { value: 'v1.29.4' } })).to.equal(
      'note: client-side fencing: the server of Kubernetes v1.29.4 has no admission policies',
    );
    const missing = [{ verb: 'patch', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' }];
    expect(said('fencing', { fencing: ground(true, missing) })).to.equal(
      'note: client-side fencing: no right to patch validatingadmissionpolicies.admissionregistration.k8s.io',
    );
  });

  it('compare the kubelet with the server', () => {
    expect(said('version-skew', { version: { value: 'v1.33.1' } })).to.match(/^warning: .*the kubelet is newer/);
    expect(said('version-skew', { version: { value: 'v1.38.0' } })).to.match(/^warning: .*4 minors apart/);
    expect(said('version-skew', { version: { value: 'rubbish' } })).to.match(/^unread: /);
  });

  it('refuse a node that is not ready, under pressure, cordoned or tainted', () => {
    expect(said('node-ready', { nodes: { value: [node({}, { Ready: 'Unknown' })] } })).to.match(
      /^fatal: Ready=Unknown/,
    );
    expect(said('node-ready', { nodes: { value: [node({}, { DiskPressure: 'True' })] } })).to.equal(
      'fatal: under DiskPressure',
    );
    expect(said('node-schedulable', { nodes: { value: [node({ unschedulable: true })] } })).to.equal('fatal: cordoned');
    const taints = [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }];
    expect(said('node-schedulable', { nodes: { value: [node({ taints })] } })).to.equal(
      'fatal: tainted: node-role.kubernetes.io/control-plane:NoSchedule',
    );
    const soft = [
      { key: 'a', effect: 'PreferNoSchedule' },
      { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' },
    ];
    expect(said('node-schedulable', { nodes: { value: [node({ taints: soft })] } })).to.match(/^ok: /);
  });

  it('refuse a cluster that the host does not belong to', () => {
    expect(said('node-ready', { wish: wish({ node: 'other' }) })).to.equal(
      'fatal: the cluster has no node other: it has node01',
    );
  });

  it('refuse a network plugin that runs nowhere', () => {
    const down = object('DaemonSet', 'cilium', { status: { desiredNumberScheduled: 1, numberReady: 0 } });
    expect(said('pod-network', { daemonSets: { value: [down] } })).to.equal('fatal: cilium 0 of 1 ready');
    expect(said('pod-network', { daemonSets: { value: [object('DaemonSet', 'cilium')] } })).to.match(/^unread: /);
    expect(said('pod-network', { daemonSets: { value: [] } })).to.match(/^note: /);
  });

  it('warn of DNS without an endpoint', () => {
    const empty = object('EndpointSlice', 'dns', {
      metadata: { labels: { 'kubernetes.io/service-name': 'kube-dns' } },
      endpoints: [{ conditions: { ready: false } }],
    });
    expect(said('cluster-dns', { endpointSlices: { value: [empty] } })).to.equal(
      'warning: kube-dns has no endpoint that is ready',
    );
    expect(said('cluster-dns', { endpointSlices: { value: [] } })).to.match(/^warning: no DNS service/);
  });

  it('refuse an image that the registry has not, and warn of one that cannot be asked for', () => {
    const image = 'r.example/virt-operator:v1';
    expect(said('image-pull', { images: { value: [{ image, state: 'not in the registry' }] } })).to.equal(
      `fatal: not in the registry: ${image}`,
    );
    expect(said('image-pull', { images: { value: [{ image, state: 'unreachable', why: 'no route' }] } })).to.match(
      /^warning: .*no route/,
    );
  });

  it('tell a dead webhook about what a run makes from one about other things', () => {
    const hook = (resources: readonly string[], more: object = {}) =>
      object('ValidatingWebhookConfiguration', 'policy', {
        webhooks: [
          {
            name: 'a.policy.example',
            failurePolicy: 'Fail',
            clientConfig: { service: { name: 'policy', namespace: 'policy' } },
            rules: [{ apiGroups: [''], resources, operations: ['CREATE'] }],
            ...more,
          },
        ],
      });
    expect(said('admission-webhooks', { webhooks: { value: [hook(['pods'])] } })).to.match(
      /^fatal: no endpoint: a.policy/,
    );
    expect(said('admission-webhooks', { webhooks: { value: [hook(['nodes'])] } })).to.match(/^warning: no endpoint/);
    const elsewhere = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } };
    expect(said('admission-webhooks', { webhooks: { value: [hook(['pods'], elsewhere)] } })).to.match(/^warning: /);
    expect(said('admission-webhooks', { webhooks: { value: [hook(['pods'], { failurePolicy: 'Ignore' })] } })).to.match(
      /^ok: /,
    );
  });

  it('refuse a dead aggregated API, and a namespace kubevirt that is going', () => {
    const dead = object('APIService', 'v1beta1.metrics.k8s.io', {
      status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] },
    });
    expect(said('api-services', { apiServices: { value: [dead] } })).to.equal(
      'fatal: not available: v1beta1.metrics.k8s.io (MissingEndpoints)',
    );
    const going = (name: string, minutes: number) =>
      object('Namespace', name, {
        metadata: { deletionTimestamp: new Date(NOW.getTime() - minutes * 60_000).toISOString() },
      });
    const held = (minutes: number) => {
      const message = 'Some content has finalizers remaining';
      const conditions = [{ type: 'NamespaceFinalizersRemaining', status: 'True', message }];
      return { namespaces: { value: [{ ...going('kubevirt', minutes), status: { conditions } }] } };
    };
    const gone = 'kubevirt is being deleted: Some content has finalizers remaining';
    expect(said('stuck-namespaces', held(0)), 'which a run waits for').to.equal(`warning: ${gone}`);
    expect(said('stuck-namespaces', held(6))).to.equal(`fatal: ${gone}`);
    expect(said('stuck-namespaces', { namespaces: { value: [going('shop', 60)] } })).to.equal('warning: stuck: shop');
    expect(said('stuck-namespaces', { namespaces: { value: [going('shop', 1)] } })).to.equal('ok: on their way: shop');
  });

  it('name the holder of the lease, and do not take the objects of its run for leftovers', () => {
    const holder = { holder: 'prow sev/1', runId: 'theirs', durationMs: 90_000, link: 'https://ci.example/1' };
    const lease = { value: newLease('kube-system', 'sevlane', holder, NOW) };
    expect(said('lease-holder', { lease })).to.match(
      /^note: held by prow sev\/1 since 2026-05-01T12:00:00Z \(https:\/\/ci.example\/1\)/,
    );
    const labelled = {
      value: [object('Pod', 'p', { metadata: { namespace: 'a', labels: { 'sevlane/run': 'theirs' } } })],
    };
    expect(said('leftovers', { lease, labelled })).to.equal('ok: 1, of the run at work');
    expect(said('leftovers', { labelled })).to.equal('warning: 1 of run theirs: a/p');
  });

  describe('of KubeVirt', () => {
    const kubevirt = (version: string, more: { readonly labels?: object; readonly gates?: readonly string[] } = {}) =>
      object('KubeVirt', 'kubevirt', {
        metadata: { namespace: 'kubevirt', labels: more.labels ?? {} },
        spec: { configuration: { developerConfiguration: { featureGates: more.gates ?? [] } } },
        status: { phase: 'Deployed', observedKubeVirtVersion: version },
      });
    const existing = wish({ kubevirt: undefined });
    const kubevirtDefinition = { value: object('CustomResourceDefinition', 'kubevirts.kubevirt.io') };

    it('never take one of somebody else for the one to install', () => {
      const there = (version: string) => ({ kubevirtDefinition, kubevirts: { value: [kubevirt(version)] } });
      expect(said('kubevirt-present', there('v1.8.4'))).to.equal(
        'fatal: the cluster already has v1.8.4 in kubevirt, not v1.9.0',
      );
      expect(said('kubevirt-present', there('v1.9.0'))).to.match(
        /^note: v1.9.0 in kubevirt, which somebody else installed/,
      );
      expect(said('kubevirt-present', { kubevirtDefinition })).to.match(/^fatal: half a KubeVirt/);
    });

    it('let one that an earlier run left be swept', () => {
      const left = kubevirt('v1.8.4', { labels: { 'sevlane/run': 'dead' } });
      expect(said('kubevirt-present', { kubevirtDefinition, kubevirts: { value: [left] } })).to.match(
        /^ok: only one that/,
      );
    });

    it('say what the existing one lacks', () => {
      expect(said('kubevirt-present', { wish: existing })).to.match(/^fatal: the cluster has no KubeVirt/);
      const off = found('kubevirt-present', {
        wish: existing,
        kubevirtDefinition,
        kubevirts: { value: [kubevirt('v1.8.4')] },
      });
      expect(`${off.verdict}: ${off.read}`).to.equal(
        'fatal: the feature gate WorkloadEncryptionSEV is off in KubeVirt kubevirt/kubevirt',
      );
      expect(off.action).to.include('featureGates');
      const on = kubevirt('v1.8.4', { gates: ['WorkloadEncryptionSEV'] });
      expect(said('kubevirt-present', { wish: existing, kubevirtDefinition, kubevirts: { value: [on] } })).to.equal(
        'ok: v1.8.4 in kubevirt',
      );
    });

    for (const [version, verdict] of [
      ['v1.4.1', 'warning'],
      ['v1.5.0', 'fatal'],
      ['v1.5.2', 'fatal'],
      ['v1.5.3', 'warning'],
      ['v1.9.0', 'ok'],
      ['v2.0.0', 'note'],
    ] as const) {
      it(`judge ${version} on Kubernetes 1.34: ${verdict}`, () => {
        const row = found('kubevirt-version', { wish: wish({ kubevirt: parseKubevirtVersion(version) }) });
        expect(row.verdict).to.equal(verdict);
      });
    }

    it('refuse SEV-SNP before v1.7', () => {
      const asked = (version: string) => wish({ kubevirt: parseKubevirtVersion(version), require: ['sev-snp'] });
      expect(said('kubevirt-version', { wish: asked('v1.6.6') })).to.equal('fatal: KubeVirt v1.6.6 has no SEV-SNP');
      expect(said('kubevirt-version', { wish: asked('v1.8.4') })).to.match(/^ok: /);
    });

    it('name a Kubernetes that a release cannot work on as it comes', () => {
      const version = { value: 'v1.29.4' };
      const row = found('kubevirt-version', { wish: wish({ kubevirt: parseKubevirtVersion('v1.9.0') }), version });
      expect(row.verdict).to.equal('warning');
      expect(row.read).to.match(/^v1\.9\.0 does not work on Kubernetes 1\.29 as it comes: its gate NodeRestriction/);
      expect(said('kubevirt-version', { wish: wish({ kubevirt: parseKubevirtVersion('v1.8.4') }), version })).to.match(
        /^warning: v1\.8\.4 was made for Kubernetes/,
      );
    });

    it('warn of a downgrade, and of an upgrade that leaves releases out', () => {
      const way = (from: string, to: string) => ({
        wish: wish({ kubevirt: parseKubevirtVersion(to), upgradeFrom: parseKubevirtVersion(from) }),
      });
      expect(said('kubevirt-version', way('v1.8.4', 'v1.9.0'))).to.match(/^ok: /);
      expect(said('kubevirt-version', way('v1.9.0', 'v1.8.4'))).to.match(/^warning: v1\.8\.4 is older than v1\.9\.0/);
      expect(said('kubevirt-version', way('v1.6.6', 'v1.9.0'))).to.equal(
        'warning: from v1.6.6 to v1.9.0 leaves out 2 minor releases',
      );
    });

    it('say what no version is known of', () => {
      const build = { wish: wish({ kubevirt: undefined, build: '/src/kubevirt' }) };
      expect(said('kubevirt-version', build)).to.equal('note: told by the manifest only, of /src/kubevirt');
      expect(said('kubevirt-present', build)).to.equal('ok: none: /src/kubevirt is to be installed');
      const there = { kubevirtDefinition, kubevirts: { value: [kubevirt('devel')] } };
      expect(said('kubevirt-present', { ...build, ...there })).to.match(/^note: devel in kubevirt: its manifest will/);
      expect(said('kubevirt-present', { wish: wish({ reports: 'devel' }), ...there })).to.match(/^note: devel in kub/);
      expect(said('kubevirt-version', { wish: existing })).to.match(/^unread: no version is known/);
    });
  });
});
