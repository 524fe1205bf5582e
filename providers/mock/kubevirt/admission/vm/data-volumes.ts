import type { DataVolumeTemplate, VmSpec } from '../../model/vm.ts';
import { type Cause, invalid, required } from '../causes.ts';

/** DataVolumes that come with a VM say where they get their data and are used by it. Source: pkg/storage/admitters/data-volume-template.go. */
export function* dataVolumeTemplates({ dataVolumeTemplates: templates = [], template }: VmSpec): Iterable<Cause> {
  const used = new Set(
    (template?.spec.volumes ?? []).flatMap(({ persistentVolumeClaim, dataVolume }) => [
      persistentVolumeClaim?.claimName,
      dataVolume?.name,
    ]),
  );
  for (const [index, dataVolume] of templates.entries()) {
    const field = `spec.dataVolumeTemplate[${index}]`;
    const problem = templateProblem(dataVolume, field);
    if (problem !== undefined) yield problem;
    else if (!used.has(dataVolume.metadata?.name)) {
      const where = "must be referenced in the VMI template's 'volumes' list";
      yield required(field, `DataVolumeTemplate entry ${field} ${where}`);
    }
  }
}

/** They live in the VM's namespace. Not looked at while an update leaves them as they are. */
export function* dataVolumeNamespaces(
  { dataVolumeTemplates: templates = [] }: VmSpec,
  namespace: string,
): Iterable<Cause> {
  for (const [index, { metadata }] of templates.entries()) {
    const own = metadata?.namespace ?? '';
    if (own === '' || own === namespace) continue;
    const message = `Embedded DataVolume namespace ${own} differs from VM namespace ${namespace}`;
    yield invalid(`spec.dataVolumeTemplates[${index}]`, message);
  }
}

function templateProblem({ metadata, spec = {} }: DataVolumeTemplate, field: string): Cause | undefined {
  if (!metadata?.name) {
    const message = `'name' field must not be empty for DataVolumeTemplate entry ${field}.name.`;
    return required(`${field}.name`, message);
  }
  const { pvc, storage, source, sourceRef } = spec;
  if (pvc === undefined && storage === undefined)
    return invalid(`${field}.PVC.Storage`, 'Missing Data volume PVC or Storage');
  if (pvc !== undefined && storage !== undefined) {
    const message = 'Duplicate storage definition, both target storage and target pvc defined';
    return invalid(`${field}.PVC.Storage`, message);
  }
  const claim = (pvc ?? storage) as { dataSource?: object; dataSourceRef?: object };
  const populated = claim.dataSource !== undefined || claim.dataSourceRef !== undefined;
  const sourced = source !== undefined || sourceRef !== undefined;
  if (populated && sourced) {
    return invalid(`${field}.source`, 'External population is incompatible with Source and SourceRef');
  }
  if (!populated && !sourced) {
    const message = 'Data volume should have either Source, SourceRef, or be externally populated';
    return invalid(`${field}.source.sourceRef`, message);
  }
  if (source === undefined) return undefined;
  const count = Object.keys(source).length;
  if (count === 0) return invalid(`${field}.source`, 'Missing dataVolume valid source');
  return count > 1 ? invalid(`${field}.source`, 'Multiple dataVolume sources') : undefined;
}
