import type { KubeObject } from '../../api/objects.ts';
import type { Schema } from '../../api/schema.ts';
import { applies, type KubevirtVersion } from '../version.ts';
import { DEFINITIONS, type Definition, type DefinitionVersion } from './definitions.ts';
import { expandShape, parseShapes, type Shape } from './shapes.ts';
import { accessCredentialsTable } from './tables/access-credentials.ts';
import { cpuMemoryTable } from './tables/cpu-memory.ts';
import { dataVolumesTable } from './tables/data-volumes.ts';
import { devicesTable } from './tables/devices.ts';
import { domainTable } from './tables/domain.ts';
import { instancetypeTable } from './tables/instancetype.ts';
import { kubernetesTable } from './tables/kubernetes.ts';
import { kubevirtConfigurationTable } from './tables/kubevirt-configuration.ts';
import { kubevirtCrTable } from './tables/kubevirt-cr.ts';
import { launchSecurityTable } from './tables/launch-security.ts';
import { migrationTable } from './tables/migration.ts';
import { networksTable } from './tables/networks.ts';
import { othersTable } from './tables/others.ts';
import { preferenceTable } from './tables/preference.ts';
import { probesTable } from './tables/probes.ts';
import { vmTable } from './tables/vm.ts';
import { vmiTable } from './tables/vmi.ts';
import { vmiStatusTable } from './tables/vmi-status.ts';
import { volumesTable } from './tables/volumes.ts';

/** The CustomResourceDefinitions of a release, that of the KubeVirt CR first, as `apiextensions.k8s.io/v1` objects. */
export function crdsOf(version: KubevirtVersion): readonly KubeObject[] {
  return DEFINITIONS.filter((definition) => applies(version, definition)).map((definition) => crd(definition, version));
}

/** The schema of a kind in a release, without the parts that every object has. @throws Error for an unknown kind. */
export function schemaOf(kind: string, version: KubevirtVersion): Schema {
  const definition = DEFINITIONS.find((each) => each.kind === kind && applies(version, each));
  if (definition === undefined) throw new Error(`KubeVirt ${version.text} has no kind "${kind}"`);
  return expanded(definition.shape, version);
}

/** The field tables, by the name of the shape. */
export function shapesOf(): ReadonlyMap<string, Shape> {
  shapes ??= parseShapes(TABLES);
  return shapes;
}

function crd(definition: Definition, version: KubevirtVersion): KubeObject {
  const { group, kind, plural, shortNames, scope, categories } = definition;
  const operators = kind === 'KubeVirt';
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { [operators ? 'operator.kubevirt.io' : 'kubevirt.io']: '' } },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames.length > 0 && { shortNames }),
        ...(categories.length > 0 && { categories }),
      },
      scope,
      conversion: { strategy: 'None' },
      versions: definition.versions
        .filter((row) => applies(version, row))
        .map((row) => servedVersion(row, definition, version)),
    },
  };
}

function servedVersion(row: DefinitionVersion, definition: Definition, version: KubevirtVersion): object {
  return {
    name: row.name,
    served: row.unserved !== true,
    storage: row.stored === true,
    ...(row.warning !== undefined && { deprecated: true, deprecationWarning: row.warning }),
    ...(definition.columns.length > 0 && { additionalPrinterColumns: definition.columns.map(printerColumn) }),
    ...(definition.subresources !== 'none' && { subresources: SUBRESOURCES[definition.subresources] }),
    schema: { openAPIV3Schema: expanded(definition.shape, version) },
  };
}

const SUBRESOURCES = {
  status: { status: {} },
  scale: {
    scale: {
      labelSelectorPath: '.status.labelSelector',
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
    },
    status: {},
  },
};

function printerColumn(text: string): object {
  const [name, type, jsonPath, priority] = text.split(' ');
  return { name, type, jsonPath, ...(priority !== undefined && { priority: Number(priority) }) };
}

const TABLES = [
  kubernetesTable,
  launchSecurityTable,
  cpuMemoryTable,
  devicesTable,
  domainTable,
  probesTable,
  dataVolumesTable,
  volumesTable,
  networksTable,
  accessCredentialsTable,
  vmiStatusTable,
  vmiTable,
  vmTable,
  migrationTable,
  kubevirtConfigurationTable,
  kubevirtCrTable,
  instancetypeTable,
  preferenceTable,
  othersTable,
];

let shapes: ReadonlyMap<string, Shape> | undefined;
const schemas = new Map<string, Schema>();

/** Expanding takes some milliseconds and the result is immutable: once for each kind and version. */
function expanded(shape: string, version: KubevirtVersion): Schema {
  const key = `${version.text} ${shape}`;
  const cached = schemas.get(key);
  if (cached !== undefined) return cached;
  const schema = expandShape(shape, shapesOf(), version);
  schemas.set(key, schema);
  return schema;
}
