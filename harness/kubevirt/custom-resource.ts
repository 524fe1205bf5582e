import { SEV_GATE } from './gate.ts';
import { type ImageChanges, imagesInResource } from './images.ts';
import type { ManifestObject } from './manifest.ts';
import { fieldsOf, isRecord, itemsOf, valueAt } from './record.ts';
import { gatesToList, type KubevirtVersion } from './versions.ts';

/** What the lane's KubeVirt object depends on. */
export interface ResourceWish {
  /** Undefined: not known before it is up. */
  readonly version: KubevirtVersion | undefined;
  readonly images: ImageChanges;
  /** What stands before `virt-operator` in the name of its image. */
  readonly namePrefix: string;
  /** Nodes of the cluster: on a single one a second replica only takes memory from guests. */
  readonly nodes: number;
  /** The manifest's definition of the object: fields that it lacks are not set. */
  readonly definition: ManifestObject | undefined;
}

/** The object as made, and what of the given one was overruled, for people. */
export interface LaneResource {
  readonly resource: ManifestObject;
  readonly overruled: readonly string[];
}

/** A KubeVirt object for a manifest that comes without one. */
export function composeResource(namespace: string): ManifestObject {
  return { apiVersion: 'kubevirt.io/v1', kind: 'KubeVirt', metadata: { name: 'kubevirt', namespace }, spec: {} };
}

/**
 * The given object with what the lane needs: the gate for SEV (listed before v1.9, and not switched off after), one
 * replica on a single node, the user's images, and an uninstallation that leftover guests cannot block.
 */
export function laneResource(given: ManifestObject, wish: ResourceWish): LaneResource {
  const overruled: string[] = [];
  const spec = fieldsOf(given.spec);
  const configuration = fieldsOf(spec.configuration);
  const { infra, policies } = { infra: infraOf(spec, wish.nodes), policies: pullPolicies(wish) };
  if (spec.uninstallStrategy !== undefined && spec.uninstallStrategy !== UNINSTALL)
    overruled.push(`uninstallStrategy ${String(spec.uninstallStrategy)}: guests that are left must not keep it here`);
  const resource: ManifestObject = {
    ...given,
    spec: withoutUndefined({
      ...spec,
      ...imagesInResource(wish.images, wish.namePrefix),
      ...policies.outer,
      uninstallStrategy: UNINSTALL,
      configuration: {
        ...configuration,
        ...policies.inner,
        developerConfiguration: developer(configuration, wish.version, overruled),
      },
      ...infra,
    }),
  };
  return { resource, overruled };
}

const UNINSTALL = 'RemoveWorkloads';

function developer(
  configuration: Readonly<Record<string, unknown>>,
  version: KubevirtVersion | undefined,
  overruled: string[],
): Readonly<Record<string, unknown>> {
  const given = fieldsOf(configuration.developerConfiguration);
  const disabled = itemsOf(given.disabledFeatureGates);
  const kept = disabled.filter((gate) => gate !== SEV_GATE);
  if (kept.length < disabled.length) overruled.push(`disabledFeatureGates ${SEV_GATE}: every guest would be refused`);
  // A gate that is Beta may be listed all the same, and what is not known may be older than that.
  const needed = version === undefined ? [SEV_GATE] : gatesToList(version);
  return {
    ...given,
    featureGates: [...new Set([...itemsOf(given.featureGates), ...needed])],
    ...(given.disabledFeatureGates === undefined ? {} : { disabledFeatureGates: kept }),
  };
}

function infraOf(spec: Readonly<Record<string, unknown>>, nodes: number): Readonly<Record<string, unknown>> {
  if (nodes > 1) return {};
  return { infra: { ...fieldsOf(spec.infra), replicas: 1 } };
}

/** The operator's components have one policy, and guests another, in releases that know it. */
function pullPolicies({ images, definition }: ResourceWish) {
  const { imagePullPolicy } = images;
  if (imagePullPolicy === undefined) return { outer: {}, inner: {} };
  return {
    outer: { imagePullPolicy },
    inner: knowsField(definition, ['configuration', 'imagePullPolicy']) ? { imagePullPolicy } : {},
  };
}

function knowsField(definition: ManifestObject | undefined, path: readonly string[]): boolean {
  const schemas = itemsOf(valueAt(definition, ['spec', 'versions'])).map((version) =>
    valueAt(version, ['schema', 'openAPIV3Schema']),
  );
  const steps = ['spec', ...path].flatMap((name) => ['properties', name]);
  return schemas.some((schema) => isRecord(valueAt(schema, steps)));
}

function withoutUndefined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
