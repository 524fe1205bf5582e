import type { Setting } from '../model/setting.ts';
import { imageRegistry, imageTag, kubernetesVersion, kubevirtChoice, kubevirtRelease, oneOf, text } from './parsers.ts';

/** Which KubeVirt is tested, where it comes from, and what a run changes in it. */
export const KUBEVIRT_ROWS = {
  kubernetes: {
    group: 'KubeVirt',
    valueName: 'VERSION',
    parse: kubernetesVersion,
    help: 'Kubernetes version that the cluster must have; a simulated one plays it, by default one that suits the KubeVirt',
  },
  kubevirt: {
    group: 'KubeVirt',
    valueName: 'VERSION|PATH|URL',
    path: /^(?!\w[\w+.-]*:\/\/).*(\/|\.ya?ml$|^\.{1,2}$|^~$)/,
    parse: kubevirtChoice,
    default: 'v1.9.0',
    help: 'KubeVirt to install and test: a release, `stable`, a folder or file of manifests, a URL of them; or `existing` for the one that stands in the cluster',
  },
  'kubevirt-upgrade-from': {
    group: 'KubeVirt',
    valueName: 'VERSION|PATH|URL',
    path: /^(?!\w[\w+.-]*:\/\/).*(\/|\.ya?ml$|^\.{1,2}$|^~$)/,
    parse: kubevirtRelease,
    help: 'KubeVirt to install first and then upgrade to the one of --kubevirt, before any guest boots; a failed upgrade is backed out',
  },
  'kubevirt-mirror': {
    group: 'KubeVirt',
    valueName: 'DIR|URL',
    path: /^(?!\w[\w+.-]*:\/\/)/,
    parse: text,
    help: 'folder or URL with stable.txt, <version>/kubevirt-operator.yaml and kubevirt-cr.yaml; default: the release pages',
  },
  'kubevirt-cache': {
    group: 'KubeVirt',
    valueName: 'DIR',
    noPath: /^none$/,
    parse: text,
    help: 'folder that keeps downloaded manifests of releases; `none` keeps none; default: sevlane in XDG_CACHE_HOME or ~/.cache',
  },
  'kubevirt-patches': {
    group: 'KubeVirt',
    valueName: 'FILE',
    parse: text,
    help: 'YAML list of patches for the manifest and the KubeVirt object, applied before anything is sent; see docs/kubevirt.md',
  },
  'image-registry': {
    group: 'KubeVirt',
    valueName: 'PREFIX',
    env: ['MANIFEST_DOCKER_PREFIX', 'DOCKER_PREFIX'],
    parse: imageRegistry,
    help: "registry and folder of KubeVirt's images, as the node names them; default: as the manifest says",
  },
  'image-prefix': {
    group: 'KubeVirt',
    valueName: 'PREFIX',
    parse: imageRegistry,
    help: 'another name of --image-registry',
  },
  'image-tag': {
    group: 'KubeVirt',
    valueName: 'TAG',
    env: ['DOCKER_TAG'],
    parse: imageTag,
    help: "tag of KubeVirt's images; default: as the manifest says",
  },
  'image-pull-policy': {
    group: 'KubeVirt',
    valueName: 'POLICY',
    env: ['IMAGE_PULL_POLICY'],
    parse: oneOf('Always', 'IfNotPresent', 'Never'),
    help: "pull policy of KubeVirt's images; default: as the manifest says",
  },
} as const satisfies Readonly<Record<string, Omit<Setting, 'key'>>>;
