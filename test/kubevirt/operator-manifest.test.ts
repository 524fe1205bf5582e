import { expect } from 'chai';
import { describe, it } from 'mocha';
import { buildOf } from '../../harness/kubevirt/build.ts';
import { changeImages } from '../../harness/kubevirt/images.ts';
import { readCustomResource, readOperatorManifest } from '../../harness/kubevirt/operator-manifest.ts';
import { parseKubevirtVersion } from '../../harness/kubevirt/versions.ts';

const v190 = parseKubevirtVersion('v1.9.0') ?? expect.fail('no version');
const MANIFEST = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: kubevirts.kubevirt.io}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: kubevirt-operator, namespace: kubevirt}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: kubevirt-operator}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: kubevirt-operator}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: virt-operator, namespace: kubevirt, labels: {kubevirt.io: virt-operator}}
spec:
  template:
    spec:
      serviceAccountName: kubevirt-operator
      containers:
      - image: quay.io/kubevirt/virt-operator:v1.9.0
        imagePullPolicy: IfNotPresent
        env:
        - {name: VIRT_OPERATOR_IMAGE, value: "quay.io/kubevirt/virt-operator:v1.9.0"}
        - {name: KUBEVIRT_VERSION, value: v1.9.0}
        - {name: OTHER, value: "quay.io/other/tool:v3"}
`;
const WITH_VOLUME = `${MANIFEST}        volumeMounts:
        - {name: certs, mountPath: /c}
        - {name: scratch, mountPath: /s}
      volumes:
      - name: scratch
        emptyDir: {}
      - name: certs
        secret:
          optional: true
          secretName: kubevirt-operator-certs
`;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const AS_IS = { imageRegistry: undefined, imageTag: undefined, imagePullPolicy: undefined };
const read = (text: string) => readOperatorManifest(text, undefined, 'm.yaml');
const imageIs = (image: string) => MANIFEST.replaceAll('quay.io/kubevirt/virt-operator:v1.9.0', image);

describe("an operator's manifest", () => {
  it('is read when it is what its name says', () => {
    expect(readOperatorManifest(MANIFEST, v190, 'm.yaml')).to.have.length(5);
    expect(readOperatorManifest(WITH_VOLUME, v190, 'm.yaml')).to.have.length(5);
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: read(MANIFEST) });
    expect(readOperatorManifest(`${list}\n`, v190, 'm.json')).to.deep.equal(read(MANIFEST));
  });

  for (const [what, text, reason] of [
    ['a web page', '<!DOCTYPE html><html>Not Found</html>', 'it is a web page, not YAML'],
    [
      'cut off between objects',
      MANIFEST.slice(0, MANIFEST.indexOf('---', 5)),
      'it holds no Deployment virt-operator, but',
    ],
    ['cut off in a word', MANIFEST.slice(0, MANIFEST.indexOf('- {name: OTHER') - 5), 'it ends in the middle of a line'],
    [
      'cut off at a line',
      MANIFEST.replace('      serviceAccountName: kubevirt-operator\n', ''),
      'its virt-operator has no ServiceAccount',
    ],
    [
      'cut off before its volumes',
      `${MANIFEST}        volumeMounts:\n        - {name: certs, mountPath: /c}\n`,
      'its virt-operator has no volume certs',
    ],
    [
      'cut off in a volume',
      WITH_VOLUME.slice(0, WITH_VOLUME.indexOf('        secret:')),
      'volume certs without a source',
    ],
    [
      'cut off in the source of a volume',
      WITH_VOLUME.slice(0, WITH_VOLUME.indexOf('          secretName:')),
      'volume certs without a source',
    ],
    ['without the image of a second container', `${MANIFEST}      - name: bare\n`, 'container bare without an image'],
    ['cut off in a list', MANIFEST.slice(0, -10), 'it is no YAML'],
    ['empty', '---\n', 'it is empty'],
    ['no YAML', 'a: [', 'it is no YAML'],
    [
      'another version',
      MANIFEST.replaceAll('v1.9.0', 'v1.8.4'),
      'its virt-operator is virt-operator:v1.8.4, not v1.9.0',
    ],
    ['a list of words', '- a\n- b\n', 'no Kubernetes object'],
    [
      'of another project',
      MANIFEST.replaceAll('virt-operator', 'cdi-operator'),
      'virt-operator, but Deployment cdi-operator',
    ],
    [
      'a KubeVirt object only',
      'apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {name: kubevirt}\n',
      'but KubeVirt kubevirt',
    ],
    [
      'without the definition',
      MANIFEST.replace('name: kubevirts.kubevirt.io', 'name: others.kubevirt.io'),
      'it holds no CustomResourceDefinition kubevirts.kubevirt.io',
    ],
    [
      'without an image',
      MANIFEST.replaceAll(/"?quay.io\/kubevirt\/virt-operator:v1.9.0"?/g, '""'),
      'is without an image',
    ],
    ['a template', imageIs('{{.DockerPrefix}}/virt-operator:{{.DockerTag}}'), 'it is a template that nobody filled in'],
  ] as const) {
    it(`that is ${what} is refused with place and reason`, () => {
      expect(() => readOperatorManifest(text, v190, 'm.yaml'))
        .to.throw('m.yaml is not what its name says: ')
        .with.property('message')
        .that.includes(reason);
    });
  }

  it('without a KubeVirt object is no custom resource, and two of them are one too many', () => {
    expect(() => readCustomResource(MANIFEST, 'cr.yaml')).to.throw(
      'cr.yaml is not what its name says: it holds no KubeVirt',
    );
    const cr = (name: string) => `---\napiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {name: ${name}}\n`;
    expect(() => readCustomResource(cr('a') + cr('b'), 'cr.yaml')).to.throw('2 KubeVirt objects');
  });
});

describe('the version of a build', () => {
  const build = (image: string, env = 'v1.9.0', resource?: object) => {
    const objects = read(imageIs(image).replace('value: v1.9.0}', `value: ${env}}`));
    const { reports, version, registry, namePrefix } =
      buildOf(objects, resource && ({ spec: resource } as never)) ?? expect.fail('no build');
    return { reports, version: version?.text, registry, namePrefix };
  };

  it('is the tag of its images', () => {
    const release = { reports: 'v1.9.0', version: 'v1.9.0', registry: 'quay.io/kubevirt', namePrefix: '' };
    expect(build('quay.io/kubevirt/virt-operator:v1.9.0')).to.deep.equal(release);
  });

  it('is not known of a tag without numbers, but for what the variable tells', () => {
    expect(build('registry:5000/kubevirt/virt-operator:devel', 'devel')).to.deep.equal({
      ...{ reports: 'devel', version: undefined, registry: 'registry:5000/kubevirt', namePrefix: '' },
    });
    expect(build('quay.io/me/virt-operator', 'v1.8.4')).to.include({ reports: 'latest', version: 'v1.8.4' });
    expect(build('quay.io/me/kv-virt-operator:x', '""')).to.include({ namePrefix: 'kv-', version: undefined });
  });

  it('beside a digest is what the variable says', () => {
    expect(build(`quay.io/kubevirt/virt-operator@${DIGEST}`, 'v1.7.4')).to.include({
      reports: 'v1.7.4',
      version: 'v1.7.4',
    });
    const pinned = imageIs(`quay.io/kubevirt/virt-operator@${DIGEST}`);
    expect(readOperatorManifest(pinned, v190, 'm.yaml')).to.have.length(5);
  });

  it("is overruled by the custom resource's own words", () => {
    const resource = { imageTag: 'v1.6.6', imageRegistry: 'quay.io/me' };
    expect(build('quay.io/kubevirt/virt-operator:v1.9.0', 'v1.9.0', resource)).to.deep.equal({
      ...{ reports: 'v1.6.6', version: 'v1.6.6', registry: 'quay.io/me', namePrefix: '' },
    });
  });
});

describe("the user's images", () => {
  const released = `${MANIFEST}        - {name: VIRT_API_IMAGE, value: "quay.io/kubevirt/virt-api@${DIGEST}"}
        - {name: GS_IMAGE, value: "quay.io/kubevirt/libguestfs-tools:v1.9.0"}
        - {name: VIRT_HANDLER_SHASUM, value: "${DIGEST}"}
        - {name: WATCH_NAMESPACE, valueFrom: {fieldRef: {fieldPath: x}}}
`;
  const env = (changes: Partial<typeof AS_IS | Record<keyof typeof AS_IS, string>>) => {
    const [operator] = changeImages(read(released), { ...AS_IS, ...changes } as never).slice(-1);
    const [container] = (operator as never as Shape).spec.template.spec.containers;
    return {
      ...{ image: container?.image, policy: container?.imagePullPolicy },
      ...Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value])),
    };
  };
  interface Shape {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
  }
  interface Container {
    readonly image: string;
    readonly imagePullPolicy: string;
    readonly env: readonly { readonly name: string; readonly value?: string }[];
  }

  it('of another registry keep their tags and digests', () => {
    expect(env({ imageRegistry: 'mirror:5000/kv' })).to.deep.equal({
      image: 'mirror:5000/kv/virt-operator:v1.9.0',
      policy: 'IfNotPresent',
      VIRT_OPERATOR_IMAGE: 'mirror:5000/kv/virt-operator:v1.9.0',
      KUBEVIRT_VERSION: 'v1.9.0',
      OTHER: 'quay.io/other/tool:v3',
      VIRT_API_IMAGE: `mirror:5000/kv/virt-api@${DIGEST}`,
      GS_IMAGE: 'mirror:5000/kv/libguestfs-tools:v1.9.0',
      VIRT_HANDLER_SHASUM: DIGEST,
      WATCH_NAMESPACE: undefined,
    });
  });

  it('of another tag lose every digest that would beat it', () => {
    expect(env({ imageTag: 'devel', imagePullPolicy: 'Always' })).to.deep.equal({
      image: 'quay.io/kubevirt/virt-operator:devel',
      policy: 'Always',
      VIRT_OPERATOR_IMAGE: 'quay.io/kubevirt/virt-operator:devel',
      KUBEVIRT_VERSION: 'devel',
      OTHER: 'quay.io/other/tool:v3',
      VIRT_API_IMAGE: 'quay.io/kubevirt/virt-api:devel',
      GS_IMAGE: 'quay.io/kubevirt/libguestfs-tools:devel',
      WATCH_NAMESPACE: undefined,
    });
  });

  it('are left as they are when nothing is wanted', () => {
    expect(changeImages(read(released), AS_IS)).to.deep.equal(read(released));
  });
});
