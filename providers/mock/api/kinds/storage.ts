import { listAt, numberAt, objectAt, sameJson, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { forbidden, invalid, required, unsupported } from './causes.ts';
import { ageOf, column, wideColumn } from './columns.ts';
import { CORE_TYPES } from './core-types.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';
import { quantityProblems } from './quantities.ts';

const STORAGE_TYPES = expandTable(
  'io.k8s.api.storage.v1',
  `
TopologySelectorLabelRequirement: key!:string+ values!:[string]+
TopologySelectorTerm@: matchLabelExpressions:[TopologySelectorLabelRequirement]
StorageClass: provisioner!:string+ parameters:{string} reclaimPolicy:string?=Delete mountOptions:[string]
  allowVolumeExpansion:bool? volumeBindingMode:string?=Immediate allowedTopologies:[TopologySelectorTerm]
`,
  META,
);

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** PersistentVolumeClaims, PersistentVolumes and StorageClasses. */
export const STORAGE_KINDS: readonly ResourceType[] = [
  defineKind({
    kind: 'PersistentVolumeClaim',
    description: 'A request for storage.',
    shortNames: ['pvc'],
    subresources: ['status'],
    schema: CORE_TYPES.PersistentVolumeClaim,
    columns: [
      column('Status', phaseText, 'Pending, Bound or Lost.'),
      column('Volume', (object) => textAt(object, 'spec', 'volumeName'), 'The volume it is bound to.'),
      column(
        'Capacity',
        (object) => boundText(object, textAt(object, 'status', 'capacity', 'storage')),
        'Size of the volume.',
      ),
      column('Access Modes', (object) => boundText(object, modesText(listAt(object, 'status', 'accessModes')))),
      column('StorageClass', (object) => textAt(object, 'spec', 'storageClassName')),
      column('VolumeAttributesClass', (object) => textAt(object, 'spec', 'volumeAttributesClassName') || '<unset>'),
      wideColumn('VolumeMode', (object) => textAt(object, 'spec', 'volumeMode')),
    ],
    validate: claimProblems,
    validateUpdate: claimUpdateProblems,
    prepareForCreate: (object) => ({ ...object, status: { phase: 'Pending' } }),
  }),
  defineKind({
    kind: 'PersistentVolume',
    description: 'A piece of storage.',
    shortNames: ['pv'],
    clusterWide: true,
    subresources: ['status'],
    schema: CORE_TYPES.PersistentVolume,
    columns: [
      column('Capacity', (object) => textAt(object, 'spec', 'capacity', 'storage')),
      column('Access Modes', (object) => modesText(listAt(object, 'spec', 'accessModes'))),
      column('Reclaim Policy', (object) => textAt(object, 'spec', 'persistentVolumeReclaimPolicy')),
      column('Status', phaseText),
      column('Claim', (object) => claimText(objectAt(object, 'spec', 'claimRef'))),
      column('StorageClass', (object) => textAt(object, 'spec', 'storageClassName')),
      column('VolumeAttributesClass', (object) => textAt(object, 'spec', 'volumeAttributesClassName') || '<unset>'),
      column('Reason', (object) => textAt(object, 'status', 'reason')),
      wideColumn('VolumeMode', (object) => textAt(object, 'spec', 'volumeMode')),
    ],
    validate: volumeProblems,
    prepareForCreate: (object) => ({ ...object, status: { phase: 'Pending' } }),
  }),
  defineKind({
    group: 'storage.k8s.io',
    kind: 'StorageClass',
    plural: 'storageclasses',
    description: 'A kind of storage that claims can ask for.',
    shortNames: ['sc'],
    clusterWide: true,
    schema: STORAGE_TYPES.StorageClass,
    columnsWithoutAge: true,
    columns: [
      { ...column('Name', classText, 'Name, and whether it is the default.'), format: 'name' },
      column('Provisioner', (object) => textAt(object, 'provisioner')),
      column('ReclaimPolicy', (object) => textAt(object, 'reclaimPolicy')),
      column('VolumeBindingMode', (object) => textAt(object, 'volumeBindingMode')),
      column('AllowVolumeExpansion', (object) => object.allowVolumeExpansion === true),
      column('Age', (object, now) => ageOf(object.metadata.creationTimestamp, now)),
    ],
    validate: (object) => (textAt(object, 'provisioner') === '' ? [required('provisioner')] : []),
    validateUpdate: (object, old) =>
      ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode']
        .filter((field) => !sameJson(object[field], old[field]))
        .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
  }),
];

function phaseText(object: KubeObject): string {
  return object.metadata.deletionTimestamp === undefined ? textAt(object, 'status', 'phase') : 'Terminating';
}

function boundText(object: KubeObject, text: string): string {
  return textAt(object, 'spec', 'volumeName') === '' ? '' : text;
}

const MODE_TEXT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function modesText(modes: readonly unknown[]): string {
  return Object.entries(MODE_TEXT)
    .filter(([mode]) => modes.includes(mode))
    .map(([, text]) => text)
    .join(',');
}

function claimText(reference: Readonly<Record<string, unknown>>): string {
  return textAt(reference, 'name') === '' ? '' : `${textAt(reference, 'namespace')}/${textAt(reference, 'name')}`;
}

function classText(object: KubeObject): string {
  const name = object.metadata.name ?? '';
  return object.metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${name} (default)` : name;
}

function modeProblems(modes: readonly unknown[]): readonly StatusCause[] {
  if (modes.length === 0) return [required('spec.accessModes', 'at least 1 access mode is required')];
  return modes
    .filter((mode) => !ACCESS_MODES.includes(`${mode}`))
    .map((mode) => unsupported('spec.accessModes', mode, ACCESS_MODES));
}

function claimProblems(object: KubeObject): readonly StatusCause[] {
  const causes = [...modeProblems(listAt(object, 'spec', 'accessModes'))];
  const storage = objectAt(object, 'spec', 'resources', 'requests').storage;
  if (storage === undefined) causes.push(required('spec.resources[storage]'));
  else causes.push(...quantityProblems(storage, 'spec.resources[storage]'));
  const mode = textAt(object, 'spec', 'volumeMode');
  if (mode !== '' && !['Block', 'Filesystem'].includes(mode)) {
    causes.push(unsupported('spec.volumeMode', mode, ['Block', 'Filesystem']));
  }
  return causes;
}

function claimUpdateProblems(object: KubeObject, old: KubeObject, subresource: string): readonly StatusCause[] {
  if (subresource !== '') return [];
  const changeable = (one: KubeObject) => {
    const { resources: _, volumeName, volumeAttributesClassName: __, ...spec } = objectAt(one, 'spec');
    return textAt(old, 'spec', 'volumeName') === '' ? spec : { ...spec, volumeName };
  };
  if (sameJson(changeable(object), changeable(old))) return [];
  const text =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [forbidden('spec', text)];
}

function volumeProblems(object: KubeObject): readonly StatusCause[] {
  const causes = [...modeProblems(listAt(object, 'spec', 'accessModes'))];
  const capacity = objectAt(object, 'spec', 'capacity');
  if (Object.keys(capacity).length === 0) causes.push(required('spec.capacity'));
  else if (capacity.storage === undefined)
    causes.push(unsupported('spec.capacity', Object.keys(capacity)[0], ['storage']));
  else causes.push(...quantityProblems(capacity.storage, 'spec.capacity[storage]'));
  if (numberAt(object, 'spec', 'capacity', 'storage') === 0) {
    causes.push(invalid('spec.capacity[storage]', '0', 'must be greater than zero'));
  }
  return causes;
}
