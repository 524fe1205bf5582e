import { KNOWN_VERSIONS } from '../../kubevirt/versions.ts';

/** The components of KubeVirt that run as images, and the disk that its tests boot. */
const NAMES = [
  'virt-operator',
  'virt-api',
  'virt-controller',
  'virt-handler',
  'virt-launcher',
  'fedora-with-test-tooling-container-disk',
];
/** As big as they are, more or less: kubelets report the biggest first. */
const SIZE_BYTES = 120_000_000;

/** The images that lie on the node, as a kubelet reports them: loaded beforehand, since the node reaches no registry. */
export function imagesOnNode(): readonly { readonly names: readonly string[]; readonly sizeBytes: number }[] {
  return KNOWN_VERSIONS.flatMap(({ text }) => NAMES.map((name) => `quay.io/kubevirt/${name}:${text}`)).map((name) => ({
    names: [name],
    sizeBytes: SIZE_BYTES,
  }));
}
