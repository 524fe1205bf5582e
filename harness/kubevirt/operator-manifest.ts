import { buildOf, containersOf, operatorOf } from './build.ts';
import { isCustomResource, listed, type ManifestObject, RENDER, readObjects, TEMPLATE, wrong } from './manifest.ts';
import { fieldsOf, itemsOf, valueAt } from './record.ts';
import type { KubevirtVersion } from './versions.ts';

/**
 * Reads an operator's manifest and makes sure that it is what its name says: of KubeVirt, whole, and of this version.
 * Without a version the one that it has is right.
 * @throws InfraError naming `place` and the reason: no YAML, a web page, a cut-off file, another version or project.
 */
export function readOperatorManifest(
  text: string,
  version: KubevirtVersion | undefined,
  place: string,
): readonly ManifestObject[] {
  const objects = readObjects(text, place);
  const operator = operatorOf(objects);
  if (operator === undefined) {
    const others = objects.filter(({ kind }) => kind === 'Deployment');
    const there = listed(others.length > 0 ? others : objects);
    throw wrong(place, `it holds no Deployment virt-operator, but ${there}`);
  }
  const missing = NEEDED.filter(
    ([kind, name]) =>
      !objects.some((each) => each.kind === kind && (name === undefined || each.metadata.name === name)),
  );
  if (missing.length > 0)
    throw wrong(place, `it holds no ${missing.map((each) => each.filter(Boolean).join(' ')).join(' and no ')}`);
  const build = buildOf(objects);
  if (build === undefined) throw wrong(place, 'its virt-operator is without an image');
  if (build.operatorImage.includes('{{')) throw wrong(place, TEMPLATE, RENDER);
  const cut = cutOff(operator);
  if (cut !== undefined) throw wrong(place, cut);
  if (version === undefined) return objects;
  if (build.reports !== version.text) {
    const shown = build.operatorImage.split('/').at(-1);
    throw wrong(place, `its virt-operator is ${shown}, not ${version.text}`);
  }
  // Files of a release end with a line.
  if (!text.endsWith('\n')) throw wrong(place, 'it ends in the middle of a line');
  return objects;
}

/** A file that was cut at the end of a line still reads as YAML. Its keys are sorted: account and volumes come last. */
function cutOff(operator: ManifestObject): string | undefined {
  const pod = fieldsOf(valueAt(operator, ['spec', 'template', 'spec']));
  if (typeof pod.serviceAccountName !== 'string') return 'its virt-operator has no ServiceAccount: it was cut off';
  const volumes = itemsOf(pod.volumes).map((each) => fieldsOf(each).name);
  const mounts = containersOf(operator).flatMap(({ volumeMounts }) => itemsOf(volumeMounts));
  const lost = mounts.map((each) => fieldsOf(each).name).find((name) => !volumes.includes(name));
  if (lost !== undefined) return `its virt-operator has no volume ${String(lost)}: it was cut off`;
  const bare = containersOf(operator).find(({ image }) => typeof image !== 'string' || image === '');
  if (bare !== undefined)
    return `its virt-operator has a container ${String(bare.name)} without an image: it was cut off`;
  const hollow = itemsOf(pod.volumes).map(fieldsOf).find(isHollow);
  return hollow && `its virt-operator has a volume ${String(hollow.name)} without a source: it was cut off`;
}

/** A cluster takes a volume of a name alone for an empty folder; a manifest that means one says so. */
function isHollow({ name: _, ...sources }: Readonly<Record<string, unknown>>): boolean {
  const [source] = Object.entries(sources).filter(([, value]) => value !== null);
  if (source === undefined) return true;
  const [kind, value] = source;
  const needed = NAMED_BY[kind];
  return needed !== undefined && typeof fieldsOf(value)[needed] !== 'string';
}

/** What a source of a volume is nothing without. */
const NAMED_BY: Readonly<Record<string, string>> = { secret: 'secretName', configMap: 'name' };

/** Reads a KubeVirt custom resource. @throws InfraError as readOperatorManifest. */
export function readCustomResource(text: string, place: string): ManifestObject {
  const objects = readObjects(text, place);
  const resource = customResourceIn(objects, place);
  if (resource === undefined) throw wrong(place, `it holds no KubeVirt object, but ${listed(objects)}`);
  return resource;
}

/** The KubeVirt object among these. @throws InfraError when there are several: a cluster takes one. */
export function customResourceIn(objects: readonly ManifestObject[], place: string): ManifestObject | undefined {
  const [resource, ...more] = objects.filter(isCustomResource);
  if (more.length > 0) throw wrong(place, `it holds ${more.length + 1} KubeVirt objects, and a cluster takes one`);
  return resource;
}

/** What no operator's manifest is without. Source: kubevirt-operator.yaml of the releases v0.59 to v1.9. */
const NEEDED: readonly (readonly [kind: string, name?: string])[] = [
  ['CustomResourceDefinition', 'kubevirts.kubevirt.io'],
  ['ServiceAccount'],
  ['ClusterRole'],
  ['ClusterRoleBinding'],
];
