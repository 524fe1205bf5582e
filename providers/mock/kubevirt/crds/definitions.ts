/** One CustomResourceDefinition: its names and versions. The schema of every version is the shape `shape`. */
export interface Definition {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly categories: readonly string[];
  /** `name`, `name*` (stored), with `-` before it (not served) and ` (text)` after it (deprecation warning). */
  readonly versions: readonly DefinitionVersion[];
  /** `Name type jsonPath [priority]`. */
  readonly columns: readonly string[];
  readonly subresources: 'none' | 'status' | 'scale';
  readonly shape: string;
  readonly since?: string;
}

export interface DefinitionVersion {
  readonly name: string;
  readonly stored?: boolean;
  readonly unserved?: boolean;
  readonly warning?: string;
  readonly since?: string;
  readonly until?: string;
}

/**
 * All of KubeVirt's CustomResourceDefinitions, in the order of virt-operator's components/crds.go. The one of the
 * KubeVirt CR comes with the operator's manifest, the others are made by the operator.
 */
export const DEFINITIONS: readonly Definition[] = [
  define('KubeVirt', 'kubevirts', ['kv', 'kvs'], {
    columns: ['Age date .metadata.creationTimestamp', 'Phase string .status.phase'],
    subresources: 'status',
  }),
  define('VirtualMachineInstance', 'virtualmachineinstances', ['vmi', 'vmis'], {
    columns: [
      'Age date .metadata.creationTimestamp',
      'Phase string .status.phase',
      'IP string .status.interfaces[0].ipAddress',
      'NodeName string .status.nodeName',
      ready('Ready'),
      `${ready('LiveMigratable', 'Live-Migratable')} 1`,
      `${ready('Paused')} 1`,
    ],
  }),
  define('VirtualMachineInstancePreset', 'virtualmachineinstancepresets', ['vmipreset', 'vmipresets'], {
    versions: [
      {
        name: 'v1',
        warning: 'kubevirt.io/v1 VirtualMachineInstancePresets is now deprecated and will be removed in v2.',
      },
      {
        name: 'v1alpha3',
        stored: true,
        warning: 'kubevirt.io/v1alpha3 VirtualMachineInstancePresets is now deprecated and will be removed in v2.',
      },
    ],
  }),
  define('VirtualMachineInstanceReplicaSet', 'virtualmachineinstancereplicasets', ['vmirs', 'vmirss'], {
    columns: replicas(),
    subresources: 'scale',
  }),
  define('VirtualMachine', 'virtualmachines', ['vm', 'vms'], {
    columns: ['Age date .metadata.creationTimestamp', 'Status string .status.printableStatus', ready('Ready')],
    subresources: 'status',
  }),
  define('VirtualMachineInstanceMigration', 'virtualmachineinstancemigrations', ['vmim', 'vmims'], {
    columns: ['Phase string .status.phase', 'VMI string .spec.vmiName'],
    subresources: 'status',
  }),
  define('VirtualMachineSnapshot', 'virtualmachinesnapshots', ['vmsnapshot', 'vmsnapshots'], {
    group: 'snapshot.kubevirt.io',
    versions: alphaThenBeta(),
    columns: [
      ...source(),
      'Phase string .status.phase',
      'ReadyToUse boolean .status.readyToUse',
      'CreationTime date .status.creationTime',
      'Error string .status.error.message',
    ],
    subresources: 'status',
    shape: 'Unspecified',
  }),
  define(
    'VirtualMachineSnapshotContent',
    'virtualmachinesnapshotcontents',
    ['vmsnapshotcontent', 'vmsnapshotcontents'],
    {
      group: 'snapshot.kubevirt.io',
      versions: alphaThenBeta(),
      columns: [
        'ReadyToUse boolean .status.readyToUse',
        'CreationTime date .status.creationTime',
        'Error string .status.error.message',
      ],
      subresources: 'status',
      shape: 'Unspecified',
    },
  ),
  define('VirtualMachineRestore', 'virtualmachinerestores', ['vmrestore', 'vmrestores'], {
    group: 'snapshot.kubevirt.io',
    versions: alphaThenBeta(),
    columns: [
      'TargetKind string .spec.target.kind',
      'TargetName string .spec.target.name',
      'Complete boolean .status.complete',
      'RestoreTime date .status.restoreTime',
    ],
    subresources: 'status',
    shape: 'Unspecified',
  }),
  define(
    'VirtualMachineInstancetype',
    'virtualmachineinstancetypes',
    ['vminstancetype', 'vminstancetypes', 'vmf', 'vmfs'],
    { group: 'instancetype.kubevirt.io', versions: instancetypeVersions('VirtualMachineInstancetypes') },
  ),
  define(
    'VirtualMachineClusterInstancetype',
    'virtualmachineclusterinstancetypes',
    ['vmclusterinstancetype', 'vmclusterinstancetypes', 'vmcf', 'vmcfs'],
    {
      group: 'instancetype.kubevirt.io',
      versions: instancetypeVersions('VirtualMachineClusterInstanceTypes'),
      scope: 'Cluster',
      categories: [],
    },
  ),
  define('VirtualMachinePool', 'virtualmachinepools', ['vmpool', 'vmpools'], {
    group: 'pool.kubevirt.io',
    versions: [
      { name: 'v1alpha1', stored: true, until: 'v1.7' },
      { name: 'v1alpha1', since: 'v1.7' },
      { name: 'v1beta1', stored: true, since: 'v1.7' },
    ],
    columns: replicas(),
    subresources: 'scale',
  }),
  define('MigrationPolicy', 'migrationpolicies', [], {
    group: 'migrations.kubevirt.io',
    versions: [{ name: 'v1alpha1', stored: true }],
    scope: 'Cluster',
    categories: [],
    subresources: 'status',
    shape: 'Unspecified',
  }),
  define('VirtualMachinePreference', 'virtualmachinepreferences', ['vmpref', 'vmprefs', 'vmp', 'vmps'], {
    group: 'instancetype.kubevirt.io',
    versions: instancetypeVersions('VirtualMachinePreferences'),
  }),
  define('VirtualMachineClusterPreference', 'virtualmachineclusterpreferences', ['vmcp', 'vmcps'], {
    group: 'instancetype.kubevirt.io',
    versions: instancetypeVersions('VirtualMachineClusterPreferences'),
    scope: 'Cluster',
    categories: [],
  }),
  define('VirtualMachineExport', 'virtualmachineexports', ['vmexport', 'vmexports'], {
    group: 'export.kubevirt.io',
    versions: [
      { name: 'v1alpha1', until: 'v1.9' },
      { name: 'v1beta1', stored: true, until: 'v1.9' },
      {
        name: 'v1beta1',
        since: 'v1.9',
        warning:
          'export.kubevirt.io/v1beta1 VirtualMachineExport is now deprecated and will be removed in a future version.',
      },
      { name: 'v1', stored: true, since: 'v1.9' },
    ],
    columns: [...source(), 'Phase string .status.phase'],
    subresources: 'status',
    shape: 'Unspecified',
  }),
  define('VirtualMachineClone', 'virtualmachineclones', ['vmclone', 'vmclones'], {
    group: 'clone.kubevirt.io',
    versions: alphaThenBeta(),
    columns: [
      'Phase string .status.phase',
      'SourceVirtualMachine string .spec.source.name',
      'TargetVirtualMachine string .spec.target.name',
    ],
    subresources: 'status',
    shape: 'Unspecified',
  }),
  define('VirtualMachineBackup', 'virtualmachinebackups', ['vmbackup', 'vmbackups'], {
    group: 'backup.kubevirt.io',
    versions: [{ name: 'v1alpha1', stored: true }],
    columns: [...source(), 'Type string .status.type', 'CheckpointName string .status.checkpointName'],
    subresources: 'status',
    shape: 'Unspecified',
    since: 'v1.8',
  }),
  define('VirtualMachineBackupTracker', 'virtualmachinebackuptrackers', ['vmbackuptracker', 'vmbackuptrackers'], {
    group: 'backup.kubevirt.io',
    versions: [{ name: 'v1alpha1', stored: true }],
    columns: [
      ...source(),
      'LatestCheckpoint string .status.latestCheckpoint.name',
      'CheckpointTime date .status.latestCheckpoint.creationTime',
    ],
    subresources: 'status',
    shape: 'Unspecified',
    since: 'v1.8',
  }),
  define('Plugin', 'plugins', [], {
    group: 'plugin.kubevirt.io',
    versions: [{ name: 'v1alpha1', stored: true }],
    scope: 'Cluster',
    categories: [],
    shape: 'Unspecified',
    since: 'v1.9',
  }),
];

function define(
  kind: string,
  plural: string,
  shortNames: readonly string[],
  rest: Partial<Omit<Definition, 'kind' | 'plural' | 'shortNames'>>,
): Definition {
  return {
    group: 'kubevirt.io',
    scope: 'Namespaced',
    categories: ['all'],
    versions: [
      { name: 'v1', stored: true },
      {
        name: 'v1alpha3',
        warning: 'kubevirt.io/v1alpha3 is now deprecated and will be removed in a future release.',
      },
    ],
    columns: [],
    subresources: 'none',
    shape: kind,
    ...rest,
    kind,
    plural,
    shortNames,
  };
}

function alphaThenBeta(): readonly DefinitionVersion[] {
  return [{ name: 'v1alpha1' }, { name: 'v1beta1', stored: true }];
}

function instancetypeVersions(what: string): readonly DefinitionVersion[] {
  const old = (name: string): DefinitionVersion[] => {
    const warning = `instancetype.kubevirt.io/${name} ${what} is now deprecated and will be removed in v1.`;
    return [
      { name, warning, until: 'v1.6' },
      { name, warning, unserved: true, since: 'v1.6', until: 'v1.7' },
    ];
  };
  return [...old('v1alpha1'), ...old('v1alpha2'), { name: 'v1beta1', stored: true }];
}

function ready(condition: string, column: string = condition): string {
  return `${column} string .status.conditions[?(@.type=='${condition}')].status`;
}

function replicas(): readonly string[] {
  return [
    'Desired integer .spec.replicas',
    'Current integer .status.replicas',
    'Ready integer .status.readyReplicas',
    'Age date .metadata.creationTimestamp',
  ];
}

function source(): readonly string[] {
  return ['SourceKind string .spec.source.kind', 'SourceName string .spec.source.name'];
}
