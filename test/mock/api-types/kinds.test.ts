import { expect } from 'chai';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import { expandTable } from '../../../providers/mock/api/kinds/notation.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { ResourceType } from '../../../providers/mock/api/resource-type.ts';

function typeOf(kind: string): ResourceType {
  const type = builtinTypes().find((one) => one.kind === kind);
  if (type === undefined) throw new Error(`no ${kind}`);
  return type;
}

function stored(kind: string, content: object): KubeObject {
  const type = typeOf(kind);
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return type.strategy.defaults({ apiVersion, kind, metadata: { name: 'n', namespace: 'ns' }, ...content });
}

function problemsOf(kind: string, content: object): readonly string[] {
  return typeOf(kind)
    .strategy.validate(stored(kind, content))
    .map(({ field, message }) => `${field}: ${message}`);
}

function updateProblems(kind: string, before: object, after: object): readonly string[] {
  const { strategy } = typeOf(kind);
  const causes = strategy.validateUpdate(stored(kind, after), stored(kind, before), '');
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

const container = { name: 'c', image: 'i' };
const pod = (spec: object) => ({ spec: { containers: [container], ...spec } });

describe('a table of fields', () => {
  it('names the type and the field of a mistake', () => {
    expect(() => expandTable('p', 'Thing: a:nope')).to.throw('p.Thing.a: no type nope');
    expect(() => expandTable('p', 'Thing: a:[string]!')).to.throw('p.Thing.a');
  });

  it('says types, defaults, requirements and how lists are merged', () => {
    const { Thing } = expandTable('p', 'Thing: a! n:int=3 l:[Item]{k,m}\nItem@: k m=x more:{Thing}');
    expect(Thing).to.deep.include({ type: 'object', typeName: 'p.Thing', required: ['a'] });
    expect(Thing?.properties?.n).to.deep.include({ type: 'integer', default: 3 });
    expect(Thing?.properties?.l).to.deep.include({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k', 'm'],
    });
    expect(Thing?.properties?.l?.items).to.include({ 'x-kubernetes-map-type': 'atomic' });
  });
});

describe('a pod', () => {
  it('gets the defaults of the real server', () => {
    const { spec } = stored(
      'Pod',
      pod({
        containers: [
          {
            ...container,
            image: 'r/i:1',
            resources: { limits: { cpu: 1 } },
            readinessProbe: { httpGet: { port: 80 } },
          },
        ],
        volumes: [{ name: 'v' }, { name: 'h', hostPath: { path: '/x' } }],
      }),
    );
    const expected = {
      'containers[0].imagePullPolicy': 'IfNotPresent',
      'containers[0].resources': { limits: { cpu: '1' }, requests: { cpu: '1' } },
      'containers[0].readinessProbe': {
        httpGet: { path: '/', port: 80, scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'h', hostPath: { path: '/x', type: '' } },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
    };
    for (const [path, value] of Object.entries(expected)) expect(spec).to.deep.nested.include({ [path]: value });
  });

  it('is refused for what users get wrong', () => {
    expect(problemsOf('Pod', { spec: { containers: [] } })).to.deep.equal(['spec.containers: Required value']);
    const mounts = { containers: [{ ...container, volumeMounts: [{ name: 'gone', mountPath: '/x' }] }] };
    expect(problemsOf('Pod', pod(mounts))).to.deep.equal([
      'spec.containers[0].volumeMounts[0].name: Not found: "gone"',
    ]);
    expect(problemsOf('Pod', pod({ containers: [container, container] }))).to.deep.equal([
      'spec.containers[1].name: Duplicate value: "c"',
    ]);
    const greedy = {
      containers: [{ ...container, resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }],
    };
    expect(problemsOf('Pod', pod(greedy))).to.deep.equal([
      'spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
    ]);
    const device = { containers: [{ ...container, resources: { requests: { 'devices.kubevirt.io/sev': '1' } } }] };
    expect(problemsOf('Pod', pod(device))).to.deep.equal([
      'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
    ]);
    expect(problemsOf('Pod', pod({ nodeSelector: { 'a b': 'x' } }))[0]).to.match(
      /^spec\.nodeSelector: Invalid value: "a b": name part must consist/,
    );
  });

  it('may change its images, not its node selector', () => {
    expect(updateProblems('Pod', pod({}), pod({ containers: [{ ...container, image: 'j' }] }))).to.deep.equal([]);
    const [problem] = updateProblems('Pod', pod({}), pod({ nodeSelector: { a: 'b' } }));
    expect(problem)
      .to.match(/^spec: Forbidden: pod updates may not change fields other than/)
      .and.include('nodeSelector');
    const taken = updateProblems('Pod', pod({ tolerations: [{ key: 'a', operator: 'Exists' }] }), pod({}));
    expect(taken).to.have.length(1);
  });
});

describe('other kinds', () => {
  it('need a selector, since none selects nothing', () => {
    const spec = { template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } };
    for (const kind of ['Deployment', 'ReplicaSet', 'DaemonSet'])
      expect(problemsOf(kind, { spec }), kind).to.deep.equal([
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
      ]);
  });

  it('are refused for what users get wrong', () => {
    const cases: readonly (readonly [string, object, string])[] = [
      ['Service', { spec: { ports: [] } }, 'spec.ports: Required value'],
      [
        'Service',
        { spec: { ports: [{ port: 0 }], type: 'Nope' } },
        'spec.type: Unsupported value: "Nope": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
      [
        'Job',
        { spec: { template: { spec: { containers: [container] } } } },
        'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      ],
      [
        'Role',
        { rules: [{ verbs: ['get'], apiGroups: [''] }] },
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
      [
        'ClusterRoleBinding',
        { roleRef: { kind: 'Role', name: 'x' } },
        'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      ],
      [
        'PersistentVolumeClaim',
        { spec: { accessModes: ['Nope'], resources: { requests: { storage: '1Gi' } } } },
        'spec.accessModes: Unsupported value: "Nope": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
      [
        'PriorityClass',
        { value: 2e9 },
        'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
      ],
      [
        'ValidatingWebhookConfiguration',
        {
          webhooks: [
            { name: 'a.b', clientConfig: { url: 'https://x' }, admissionReviewVersions: ['v1'], sideEffects: 'None' },
          ],
        },
        'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
      ],
      [
        'Lease',
        { spec: { leaseTransitions: -1 } },
        'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
      ],
    ];
    for (const [kind, content, problem] of cases) expect(problemsOf(kind, content), kind).to.include(problem);
  });

  it('keep what may not change', () => {
    const claim = (more: object) => ({
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...more },
    });
    expect(updateProblems('PersistentVolumeClaim', claim({}), claim({ storageClassName: 'x' }))).to.have.length(1);
    expect(
      updateProblems('ConfigMap', { immutable: true, data: { a: '1' } }, { immutable: true, data: { a: '2' } }),
    ).to.deep.equal(['data: Forbidden: field is immutable when `immutable` is set']);
    const { strategy } = typeOf('Namespace');
    const old = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'n' },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    };
    const { spec, status } = strategy.prepareForUpdate(
      { ...old, spec: { finalizers: [] }, status: { phase: 'X' } },
      old,
      '',
    );
    expect([spec, status]).to.deep.equal([old.spec, old.status]);
  });

  it('lose zero values as the real server does, and keep those that mean something', () => {
    const { spec } = stored('Deployment', {
      spec: {
        replicas: 0,
        paused: false,
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ ...container, args: [] }], hostNetwork: false },
        },
      },
    });
    expect(spec).to.include({ replicas: 0 }).and.not.have.property('paused');
    expect(spec).to.have.nested.property('template.spec').that.does.not.have.property('hostNetwork');
    expect(spec).to.have.nested.property('template.spec.containers[0]').that.does.not.have.property('args');
  });
});
