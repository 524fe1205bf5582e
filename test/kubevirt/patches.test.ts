import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { UsageError } from '../../harness/errors/errors.ts';
import type { ManifestObject } from '../../harness/kubevirt/manifest.ts';
import { applyPatches } from '../../harness/kubevirt/patches/patch.ts';
import { parsePatches, readPatches } from '../../harness/kubevirt/patches/read.ts';
import { failure } from '../failure.ts';

const OPERATOR: ManifestObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'virt-operator', namespace: 'kubevirt' },
  spec: { replicas: 2, template: { spec: { containers: [{ image: 'a' }], nodeSelector: { os: 'linux' } } } },
};
const RESOURCE: ManifestObject = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'KubeVirt',
  metadata: { name: 'kubevirt', namespace: 'kubevirt' },
  spec: { configuration: { developerConfiguration: { featureGates: ['A'] } } },
};
/** A definition with all that one may have to say about unknown fields. */
const definition = (v1: object): ManifestObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'kubevirts.kubevirt.io' },
  spec: {
    versions: [
      { name: 'v1alpha3', schema: {} },
      { name: 'v1', schema: { openAPIV3Schema: v1 } },
    ],
  },
});
const TEXT = { type: 'string' };
const SCHEMA = {
  properties: {
    spec: {
      properties: {
        configuration: {
          properties: {
            developerConfiguration: { properties: { featureGates: { type: 'array', items: TEXT } } },
            hosts: { type: 'array', items: { properties: { name: TEXT } } },
            labels: { additionalProperties: TEXT },
            open: { 'x-kubernetes-preserve-unknown-fields': true, properties: { half: { properties: { a: TEXT } } } },
            pod: { 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
          },
        },
        infra: { properties: { replicas: { type: 'integer' } } },
      },
    },
  },
};
const patch = (text: string) => applyPatches([OPERATOR, RESOURCE], parsePatches(text, 'p.yaml'));
const mistakes = (text: string): readonly string[] => {
  try {
    patch(text);
  } catch (error) {
    if (error instanceof UsageError) return error.message.split('\n');
    throw error;
  }
  return expect.fail('it was taken');
};

describe('the patches of a user', () => {
  it('change the objects that they name, by RFC 6902 and by RFC 7386', () => {
    const [operator, resource] = patch(`
- target: {kind: Deployment, name: virt-operator}
  json:
  - {op: replace, path: /spec/replicas, value: 1}
  - {op: add, path: /spec/template/spec/containers/0/env, value: [{name: X, value: "1"}]}
- target: {kind: KubeVirt, name: kubevirt, namespace: kubevirt}
  merge:
    spec: {configuration: {developerConfiguration: {featureGates: [B], logVerbosity: {virtLauncher: 8}}}}
- target: {kind: Deployment, name: virt-operator}
  merge: {spec: {template: {spec: {nodeSelector: null}}}}
`);
    expect(operator?.spec).to.deep.equal({
      replicas: 1,
      template: { spec: { containers: [{ image: 'a', env: [{ name: 'X', value: '1' }] }] } },
    });
    expect(resource?.spec).to.deep.equal({
      configuration: { developerConfiguration: { featureGates: ['B'], logVerbosity: { virtLauncher: 8 } } },
    });
    expect(OPERATOR.spec).to.have.property('replicas', 2);
    expect(patch('[]')).to.deep.equal([OPERATOR, RESOURCE]);
  });

  it('are refused with every mistake in the file, each with its line and place', () => {
    expect(
      mistakes(`- target: {kind: Deployment}
  json: []
- target: {kind: A, name: b, color: c}
  merge: [1]
- merge: {}
- target: {kind: A, name: b}
- target: {kind: A, name: b}
  json:
  - {op: set, path: /a}
  - op: add
    path: a/b
  - {op: move, path: /a}
  merge: {}
- target: {kind: A, name: b}
  json:
  - {op: put, path: /a}
  - op: add
    path: a/b
  - {op: move, path: /a}
- word
`),
    ).to.deep.equal([
      'p.yaml:1: [0].target has no name',
      'p.yaml:3: [1].target.color is not known; known: kind, name, namespace',
      'p.yaml:4: [1].merge is not a map of fields',
      'p.yaml:5: [2] has no target',
      'p.yaml:6: [3] has neither json nor merge',
      'p.yaml:7: [4] has both json and merge: choose one',
      'p.yaml:16: [5].json[0].op "put": use one of add, replace, test, remove, move, copy',
      'p.yaml:18: [5].json[1].path is no JSON pointer, such as /spec/infra/replicas; ~1 stands for a slash',
      'p.yaml:17: [5].json[1] has no value',
      'p.yaml:19: [5].json[2] has no from',
      'p.yaml:20: [6] is not a map with target, json or merge',
    ]);
    expect(mistakes('a: 1')).to.deep.equal(['p.yaml:1: is not a list of patches']);
    for (const nothing of ['', '# later\n', '---\n', '~'])
      expect(mistakes(nothing)).to.deep.equal(['p.yaml:1: the file is empty: write a list of patches, or [] for none']);
    expect(mistakes('- a: [')[0]).to.match(/^p\.yaml:1: is no YAML: /);
    expect(mistakes('- a\n---\n- b')[0]).to.match(/^p\.yaml:2: a second YAML document/);
  });

  it('are refused when they find no target, do not fit, or make another object of it', () => {
    expect(
      mistakes(`- target: {kind: Deployment, name: virt-api}
  merge: {}
- target: {kind: Pod, name: a}
  merge: {}
- target: {kind: KubeVirt, name: kubevirt}
  json:
  - {op: add, path: /spec/x, value: 1}
  - {op: replace, path: /spec/y/z, value: 1}
- target: {kind: KubeVirt, name: kubevirt}
  json: [{op: test, path: /spec/configuration, value: 1}]
- target: {kind: KubeVirt, name: kubevirt}
  merge: {metadata: {name: other}}
`),
    ).to.deep.equal([
      '5 patches do not fit:',
      'p.yaml:1: the manifest has no Deployment virt-api; it has Deployment virt-operator',
      'p.yaml:3: the manifest has no Pod a; it has Deployment virt-operator, KubeVirt kubevirt',
      'p.yaml:8: replace /spec/y/z: there is no such path in KubeVirt kubevirt',
      'p.yaml:10: test /spec/configuration found another value in KubeVirt kubevirt',
      'p.yaml:11: makes another object of KubeVirt kubevirt: kind, version, name and namespace must stay',
    ]);
  });

  const patchDefined = (text: string, schema: object = SCHEMA) =>
    applyPatches([OPERATOR, definition(schema), RESOURCE], parsePatches(text, 'p.yaml'));

  it('are refused when they set what the definition of KubeVirt does not know, all at once', () => {
    const text = `- target: {kind: Deployment, name: virt-operator}
  merge: {spec: {anything: 1}}
- target: {kind: KubeVirt, name: kubevirt}
  merge: {spec: {confguration: {a: 1}, configuration: {hosts: [{name: a}, {nme: b}], open: {half: {b: 1}}}}}
- target: {kind: KubeVirt, name: kubevirt}
  json:
  - {op: add, path: /spec/infra, value: {}}
  - {op: add, path: /spec/infra/replcas, value: 1}
`;
    const error = (() => {
      try {
        return void patchDefined(text);
      } catch (cause) {
        return cause;
      }
    })();
    expect(error).to.be.instanceOf(UsageError);
    expect((error as UsageError).message.split('\n')).to.deep.equal([
      '4 patches do not fit:',
      ...[
        'p.yaml:3: [1] sets spec.configuration.hosts.1.nme of KubeVirt kubevirt, which its definition does not know; known: name',
        'p.yaml:3: [1] sets spec.configuration.open.half.b of KubeVirt kubevirt, which its definition does not know; known: a',
        'p.yaml:3: [1] sets spec.confguration of KubeVirt kubevirt, which its definition does not know; known: configuration, infra',
        'p.yaml:7: [2] sets spec.infra.replcas of KubeVirt kubevirt, which its definition does not know; known: replicas',
      ],
    ]);
  });

  it('may set what the definition leaves open, and what it does not speak of', () => {
    const free = `- target: {kind: KubeVirt, name: kubevirt}
  merge:
    metadata: {annotations: {a: b}}
    spec: {configuration: {labels: {a: b}, open: {any: {thing: 1}}, pod: {kind: Pod, metadata: {}, spec: {x: 1}}}}
`;
    expect(patchDefined(free)).to.have.length(3);
    const unknown = '- target: {kind: KubeVirt, name: kubevirt}\n  merge: {spec: {confguration: {}}}\n';
    expect(() => patchDefined(unknown)).to.throw(UsageError);
    expect(patchDefined(unknown, { 'x-kubernetes-preserve-unknown-fields': true })).to.have.length(3);
    expect(patch(unknown)).to.have.length(2);
  });

  it('are read from the file, which must be there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'patches-'));
    try {
      const file = join(folder, 'p.yaml');
      await writeFile(file, '- {target: {kind: A, name: b}, merge: {c: 1}}');
      expect(await readPatches(file)).to.have.length(1);
      expect(await readPatches(undefined)).to.deep.equal([]);
      const error = await failure(readPatches(join(folder, 'none')), UsageError);
      expect(error.message).to.equal(`${join(folder, 'none')}: cannot be read`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
