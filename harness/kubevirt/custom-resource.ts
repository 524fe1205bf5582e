import type { ManifestChanges, ManifestObject } from './manifest.ts';
import { gatesToList, type KubevirtVersion } from './versions.ts';

/** The release's CR with what the lane needs: the gate where it is not on by itself, one replica for a single node. */
export function customResource(
  resource: ManifestObject,
  version: KubevirtVersion,
  changes: ManifestChanges,
): ManifestObject {
  const spec = record(resource.spec);
  const configuration = record(spec.configuration);
  const developer = record(configuration.developerConfiguration);
  const listed = Array.isArray(developer.featureGates) ? developer.featureGates : [];
  const featureGates = [...new Set([...listed, ...gatesToList(version)])];
  const pull = changes.imagePullPolicy === undefined ? {} : { imagePullPolicy: changes.imagePullPolicy };
  return {
    ...resource,
    metadata: { ...resource.metadata, labels: { ...resource.metadata.labels, ...changes.labels } },
    spec: {
      ...spec,
      ...pull,
      configuration: { ...configuration, developerConfiguration: { ...developer, featureGates } },
      infra: { ...record(spec.infra), replicas: 1 },
    },
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
