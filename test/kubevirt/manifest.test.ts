import { expect } from 'chai';
import { describe, it } from 'mocha';
import { changeManifest, readCustomResource, readOperatorManifest } from '../../harness/kubevirt/manifest.ts';
import { parseKubevirtVersion } from '../../harness/kubevirt/versions.ts';

const v190 = parseKubevirtVersion('v1.9.0') ?? expect.fail('no version');
const manifest = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: kubevirts.kubevirt.io}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: virt-operator, namespace: kubevirt, labels: {kubevirt.io: virt-operator}}
spec:
  template:
    spec:
      containers:
      - image: quay.io/kubevirt/virt-operator:v1.9.0
        imagePullPolicy: IfNotPresent
        env:
        - {name: VIRT_OPERATOR_IMAGE, value: "quay.io/kubevirt/virt-operator:v1.9.0"}
        - {name: OTHER, value: "quay.io/other/tool:v3"}
`;
const nothing = { labels: {}, imagePrefix: undefined, imageTag: undefined, imagePullPolicy: undefined };

describe("a release's manifest", () => {
  it('is read when it is what its name says', () => {
    expect(readOperatorManifest(manifest, v190, 'm.yaml').map(({ kind }) => kind)).to.deep.equal([
      'CustomResourceDefinition',
      'Deployment',
    ]);
  });

  for (const [what, text, reason] of [
    ['a web page', '<!DOCTYPE html><html>Not Found</html>', 'it is a web page, not YAML'],
    ['cut off', manifest.slice(0, manifest.indexOf('---', 5)), 'no Deployment virt-operator'],
    ['empty', '---\n', 'it is empty'],
    ['no YAML', 'a: [', 'it is no YAML'],
    [
      'another version',
      manifest.replaceAll('v1.9.0', 'v1.8.4'),
      'its virt-operator is virt-operator:v1.8.4, not v1.9.0',
    ],
    ['a list of words', '- a\n- b\n', 'no Kubernetes object'],
  ] as const) {
    it(`that is ${what} is refused with place and reason`, () => {
      expect(() => readOperatorManifest(text, v190, 'm.yaml'))
        .to.throw(`m.yaml is not what its name says: `)
        .with.property('message')
        .that.includes(reason);
    });
  }

  it('gets the labels of the run and the images of the user, and nothing else is touched', () => {
    const changed = changeManifest(readOperatorManifest(manifest, v190, 'm.yaml'), {
      labels: { 'sevlane/run': 'r1' },
      imagePrefix: 'quay.io/me',
      imageTag: 'devel',
      imagePullPolicy: 'Always',
    });
    expect(changed.map(({ metadata }) => metadata.labels)).to.deep.equal([
      { 'sevlane/run': 'r1' },
      { 'kubevirt.io': 'virt-operator', 'sevlane/run': 'r1' },
    ]);
    const text = JSON.stringify(changed);
    expect(text.match(/quay.io\/me\/virt-operator:devel/g)).to.have.length(2);
    expect(text)
      .to.include('quay.io/other/tool:v3')
      .and.include('"imagePullPolicy":"Always"')
      .and.not.include('IfNotPresent');
    expect(changeManifest(changed, nothing)).to.deep.equal(changed);
  });

  it('without a KubeVirt object is no custom resource', () => {
    expect(() => readCustomResource(manifest, 'cr.yaml')).to.throw(
      'cr.yaml is not what its name says: it holds no KubeVirt object',
    );
  });
});
