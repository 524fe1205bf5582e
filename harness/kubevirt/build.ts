import type { ManifestObject } from './manifest.ts';
import { fieldsOf, itemsOf, valueAt } from './record.ts';
import { type KubevirtVersion, parseKubevirtVersion } from './versions.ts';

/** What an operator's manifest says of the KubeVirt that it installs. */
export interface Build {
  readonly operatorImage: string;
  /** Registry and folder of the images, e.g. `quay.io/kubevirt`. */
  readonly registry: string;
  /** What stands before `virt-operator` in the name of the image; a build may have such a prefix. */
  readonly namePrefix: string;
  /** What KubeVirt will call itself: the tag of its images, e.g. `v1.9.0`, `devel`. */
  readonly reports: string;
  /** Its numbers, as far as tag, variable or label tell them; else they are learnt once it is up. */
  readonly version: KubevirtVersion | undefined;
}

/** An image of KubeVirt's: registry and folder, name, and tag or digest. Source: virt-operator/util/config.go. */
export const IMAGE = /^(.*)\/([^/:@]+)([:@].+)?$/;

/**
 * Reads registry and tag as virt-operator reads them: out of its own image, and beside a digest out of
 * KUBEVIRT_VERSION; the custom resource has the last word. Undefined when the operator has no image.
 * Source: getConfig in pkg/virt-operator/util/config.go.
 */
export function buildOf(objects: readonly ManifestObject[], resource?: ManifestObject): Build | undefined {
  const operator = operatorOf(objects);
  const [container] = containersOf(operator);
  const env = Object.fromEntries(itemsOf(container?.env).map((each) => [fieldsOf(each).name, fieldsOf(each).value]));
  const operatorImage = [env.VIRT_OPERATOR_IMAGE, env.OPERATOR_IMAGE, container?.image].find(isText);
  if (operatorImage === undefined) return undefined;
  const match = IMAGE.exec(operatorImage);
  const told = isText(env.KUBEVIRT_VERSION) ? env.KUBEVIRT_VERSION : undefined;
  const [suffix = ''] = [match?.[3]];
  const own = suffix.startsWith(':')
    ? suffix.slice(1)
    : suffix === '' && match !== null
      ? 'latest'
      : (told ?? 'latest');
  const [registry, tag] = [valueAt(resource, ['spec', 'imageRegistry']), valueAt(resource, ['spec', 'imageTag'])];
  const reports = isText(tag) ? tag : own;
  const label = operator?.metadata.labels?.['app.kubernetes.io/version'];
  const versions = [reports, told, label].map((text) => (text === undefined ? undefined : parseKubevirtVersion(text)));
  return {
    operatorImage,
    registry: isText(registry) ? registry : (match?.[1] ?? ''),
    namePrefix: match?.[2]?.replace(/virt-operator$/, '') ?? '',
    reports,
    version: versions.find((version) => version !== undefined),
  };
}

/** The Deployment of virt-operator; its name may be chosen, its label is KubeVirt's. */
export function operatorOf(objects: readonly ManifestObject[]): ManifestObject | undefined {
  return objects.find(
    ({ kind, metadata }) =>
      kind === 'Deployment' &&
      (metadata.name === 'virt-operator' || metadata.labels?.['kubevirt.io'] === 'virt-operator'),
  );
}

/** The containers of a Deployment's pods. */
export function containersOf(object: ManifestObject | undefined): readonly Readonly<Record<string, unknown>>[] {
  return itemsOf(valueAt(object, ['spec', 'template', 'spec', 'containers'])).map(fieldsOf);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
