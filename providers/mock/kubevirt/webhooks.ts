import type { KubeObject } from '../api/objects.ts';
import { applies, type KubevirtVersion } from './version.ts';

/** Where webhooks are reached, and by which CA the API server knows them. */
export interface WebhookService {
  readonly namespace: string;
  /** PEM, base64. */
  readonly caBundle?: string;
}

/** One webhook of virt-api or virt-operator. Source: pkg/virt-operator/resource/generate/components/webhooks.go. */
export interface Webhook {
  readonly configuration: 'virt-api-mutator' | 'virt-api-validator' | 'virt-operator-validator';
  readonly name: string;
  readonly path: string;
  readonly group: string;
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  /** Only for objects whose name begins so, and never on dry runs' account. */
  readonly onlyNamed?: { readonly condition: string; readonly prefix: string };
}

/** The webhooks of a release, in the order of its configurations. */
export function webhooksOf(version: KubevirtVersion): readonly Webhook[] {
  return WEBHOOKS.filter((row) => applies(version, row)).map(({ since: _since, until: _until, ...webhook }) => webhook);
}

/** The webhook configurations that virt-operator installs: its own validator, then virt-api's two. */
export function webhookConfigurations(version: KubevirtVersion, service: WebhookService): readonly KubeObject[] {
  const webhooks = webhooksOf(version);
  return (['virt-operator-validator', 'virt-api-validator', 'virt-api-mutator'] as const).map((name) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: name === 'virt-api-mutator' ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    metadata: { name, labels: { 'kubevirt.io': name } },
    webhooks: webhooks.filter((webhook) => webhook.configuration === name).map((webhook) => entry(webhook, service)),
  }));
}

function entry(webhook: Webhook, { namespace, caBundle }: WebhookService): object {
  const { name, path, group, apiVersions, resources, operations, onlyNamed } = webhook;
  const service = webhook.configuration === 'virt-operator-validator' ? 'kubevirt-operator-webhook' : 'virt-api';
  return {
    name,
    clientConfig: {
      service: { name: service, namespace, path, port: 443 },
      ...(caBundle !== undefined && { caBundle }),
    },
    rules: [{ apiGroups: [group], apiVersions, resources, operations, scope: '*' }],
    ...(onlyNamed !== undefined && {
      matchConditions: [
        { name: onlyNamed.condition, expression: `object.metadata.name.startsWith("${onlyNamed.prefix}")` },
      ],
    }),
    admissionReviewVersions: ['v1'],
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    sideEffects: onlyNamed === undefined ? 'None' : 'NoneOnDryRun',
    timeoutSeconds: 10,
    ...(webhook.configuration === 'virt-api-mutator' && { reinvocationPolicy: 'Never' }),
  };
}

const KUBEVIRT = ['v1alpha3', 'v1'];
const CHANGES = ['CREATE', 'UPDATE'];
const ALL_INSTANCETYPES = ['v1alpha1', 'v1alpha2', 'v1beta1'];

const WEBHOOKS: readonly (Webhook & { readonly since?: string; readonly until?: string })[] = [
  operator('kubevirt-validator', 'kubevirt-validate-delete', 'DELETE'),
  operator('kubevirt-update-validator', 'kubevirt-validate-update', 'UPDATE'),
  operator('kubevirt-create-validator', 'kubevirt-validate-create', 'CREATE'),
  {
    ...validator(
      'virt-launcher-eviction-interceptor.kubevirt.io',
      'pod-eviction-validate',
      '',
      ['v1'],
      'pods/eviction',
      ['*'],
    ),
    onlyNamed: { condition: 'only-vms', prefix: 'virt-launcher' },
  },
  {
    ...validator('hotplug-pod-eviction-interceptor.kubevirt.io', 'pod-eviction-validate', '', ['v1'], 'pods/eviction', [
      '*',
    ]),
    onlyNamed: { condition: 'only-hotplug-pods', prefix: 'hp-volume-' },
  },
  kubevirt(
    'virtualmachineinstances-create-validator',
    'virtualmachineinstances-validate-create',
    'virtualmachineinstances',
    ['CREATE'],
  ),
  kubevirt(
    'virtualmachineinstances-update-validator',
    'virtualmachineinstances-validate-update',
    'virtualmachineinstances',
    ['UPDATE'],
  ),
  kubevirt('virtualmachine-validator', 'virtualmachines-validate', 'virtualmachines'),
  kubevirt(
    'virtualmachinereplicaset-validator',
    'virtualmachinereplicaset-validate',
    'virtualmachineinstancereplicasets',
  ),
  { ...pool('v1alpha1'), until: 'v1.7' },
  { ...pool('v1beta1'), since: 'v1.7' },
  kubevirt('virtualmachinepreset-validator', 'vmipreset-validate', 'virtualmachineinstancepresets'),
  kubevirt('migration-create-validator', 'migration-validate-create', 'virtualmachineinstancemigrations', ['CREATE']),
  kubevirt('migration-update-validator', 'migration-validate-update', 'virtualmachineinstancemigrations', ['UPDATE']),
  grouped('virtualmachinesnapshot', 'snapshot.kubevirt.io', ['v1beta1']),
  grouped('virtualmachinerestore', 'snapshot.kubevirt.io', ['v1beta1']),
  { ...grouped('virtualmachinebackup', 'backup.kubevirt.io', ['v1alpha1']), since: 'v1.8' },
  { ...grouped('virtualmachinebackuptracker', 'backup.kubevirt.io', ['v1alpha1']), since: 'v1.8' },
  { ...grouped('virtualmachineexport', 'export.kubevirt.io', ['v1beta1']), until: 'v1.9' },
  { ...grouped('virtualmachineexport', 'export.kubevirt.io', ['v1']), since: 'v1.9' },
  ...instancetypes(ALL_INSTANCETYPES).map((row) => ({ ...row, until: 'v1.7' })),
  ...instancetypes(['v1beta1']).map((row) => ({ ...row, since: 'v1.7' })),
  {
    ...kubevirt('kubevirt-crd-status-validator', 'status-validate', 'virtualmachines/status'),
    resources: [
      'virtualmachines/status',
      'virtualmachineinstancereplicasets/status',
      'virtualmachineinstancemigrations/status',
    ],
  },
  validator(
    'migration-policy-validator.kubevirt.io',
    'migration-policy-validate-create',
    'migrations.kubevirt.io',
    ['v1alpha1'],
    'migrationpolicies',
  ),
  {
    ...validator(
      'vm-clone-validator.kubevirt.io',
      'vm-clone-validate-create',
      'clone.kubevirt.io',
      ['v1beta1'],
      'virtualmachineclones',
    ),
  },
  {
    ...validator(
      'plugin-validator.plugin.kubevirt.io',
      'plugin-validate',
      'plugin.kubevirt.io',
      ['v1alpha1'],
      'plugins',
    ),
    since: 'v1.9',
  },
  mutator('virtualmachines-mutator', 'virtualmachines-mutate', 'virtualmachines', CHANGES),
  mutator('virtualmachineinstances-mutator', 'virtualmachineinstances-mutate', 'virtualmachineinstances', CHANGES),
  mutator('migrations-mutator', 'migration-mutate-create', 'virtualmachineinstancemigrations', ['CREATE']),
  {
    ...mutator('virtualmachineclones-mutator', 'vm-clone-mutate-create', 'virtualmachineclones', ['CREATE']),
    group: 'clone.kubevirt.io',
    apiVersions: ['v1beta1'],
  },
];

function validator(
  name: string,
  path: string,
  group: string,
  apiVersions: readonly string[],
  resource: string,
  operations: readonly string[] = CHANGES,
): Webhook {
  return {
    configuration: 'virt-api-validator',
    name,
    path: `/${path}`,
    group,
    apiVersions,
    resources: [resource],
    operations,
  };
}

function kubevirt(name: string, path: string, resource: string, operations: readonly string[] = CHANGES): Webhook {
  return validator(`${name}.kubevirt.io`, path, 'kubevirt.io', KUBEVIRT, resource, operations);
}

function grouped(kind: string, group: string, apiVersions: readonly string[]): Webhook {
  return validator(`${kind}-validator.${group}`, `${kind}s-validate`, group, apiVersions, `${kind}s`);
}

function instancetypes(apiVersions: readonly string[]): readonly Webhook[] {
  return ['instancetype', 'clusterinstancetype', 'preference', 'clusterpreference'].map((kind) =>
    grouped(`virtualmachine${kind}`, 'instancetype.kubevirt.io', apiVersions),
  );
}

function pool(apiVersion: string): Webhook {
  return validator(
    'virtualmachinepool-validator.kubevirt.io',
    'virtualmachinepool-validate',
    'pool.kubevirt.io',
    [apiVersion],
    'virtualmachinepools',
  );
}

function operator(name: string, path: string, operation: string): Webhook {
  return { ...kubevirt(name, path, 'kubevirts', [operation]), configuration: 'virt-operator-validator' };
}

function mutator(name: string, path: string, resource: string, operations: readonly string[]): Webhook {
  return { ...kubevirt(name, path, resource, operations), configuration: 'virt-api-mutator' };
}
