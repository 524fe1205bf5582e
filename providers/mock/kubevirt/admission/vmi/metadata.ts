import type { ObjectMeta } from '../../../api/objects.ts';
import type { KubevirtConfig } from '../../config.ts';
import { type Cause, invalid, notSupported } from '../causes.ts';

/** Labels that only KubeVirt's own components may set on a VMI. */
export function restrictedLabels(labels: ObjectMeta['labels']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => RESTRICTED.has(name)));
}

/** A VMI's labels and annotations. Source: ValidateVirtualMachineInstanceMetadata. */
export function* vmiMetadata(metadata: ObjectMeta, config: KubevirtConfig, byKubevirt: boolean): Iterable<Cause> {
  if (!byKubevirt && Object.keys(restrictedLabels(metadata.labels)).length > 0) {
    const message = 'creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited';
    yield notSupported('metadata.labels', message);
  }
  const { annotations = {} } = metadata;
  for (const [annotation, gate, name] of GATED) {
    if (!annotations[annotation] || config.gateEnabled(gate)) continue;
    const message = `${name} feature gate is not enabled in kubevirt-config, invalid entry metadata.annotations.${annotation}`;
    yield invalid('metadata.annotations', message);
  }
}

const RESTRICTED = new Set(
  ['created-by', 'migrationJobUID', 'nodeName', 'migrationTargetNodeName', 'schedulable', 'install-strategy'].map(
    (name) => `kubevirt.io/${name}`,
  ),
);

const GATED = [
  ['kubevirt.io/ignitiondata', 'ExperimentalIgnitionSupport', 'ExperimentalIgnitionSupport'],
  ['hooks.kubevirt.io/hookSidecars', 'Sidecar', 'sidecar'],
] as const;
