import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, UserInfo } from '../../api/objects.ts';
import type { Json, KubevirtConfig } from '../config.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import { forbidden, invalid, notSupported, required } from './causes.ts';
import type { Cluster } from './context.ts';
import { allow, refuse, refuseFor, type Verdict } from './verdict.ts';

/** A migration that is asked for, and by whom. */
export interface MigrationRequest {
  readonly migration: KubeObject;
  readonly user: UserInfo;
  /** Where KubeVirt is installed. */
  readonly namespace: string;
}

/** Whether a guest may be migrated now: it exists, runs, can be moved, and is not on its way already. Source: migration-create-admitter.go. */
export async function migrationCreate(
  { migration, user, namespace }: MigrationRequest,
  config: KubevirtConfig,
  cluster: Cluster,
): Promise<Verdict> {
  const spec = (migration.spec ?? {}) as MigrationSpec;
  const place = migration.metadata.namespace ?? '';
  if (!spec.vmiName) return refuse([required('spec.vmiName', 'vmiName is missing')]);
  const controller = `system:serviceaccount:${namespace}:kubevirt-controller`;
  if (atLeast(config.version, 'v1.7') && spec.priority !== undefined && user.username !== controller) {
    const message = 'Migration priority queue, only virt-controller is allowed to set priority field';
    return refuse([forbidden('spec.migrationPriority', message)]);
  }
  const vmi = await cluster.get(`/apis/kubevirt.io/v1/namespaces/${place}/virtualmachineinstances/${spec.vmiName}`);
  if (vmi === undefined) return refuseFor(`the VMI "${place}/${spec.vmiName}" does not exist`);
  const immovable = whyImmovable(vmi as unknown as Vmi, spec) ?? (await inFlight(spec.vmiName, place, cluster));
  if (immovable !== undefined) return refuseFor(immovable);
  return decentralized(spec, config);
}

/** A migration's spec never changes, nor its label while it is under way. Source: migration-update-admitter.go. */
export function migrationUpdate(migration: KubeObject, old: KubeObject): Verdict {
  if (!isDeepStrictEqual(migration.spec, old.spec)) {
    return refuse([notSupported('', "update of Migration object's spec is restricted")]);
  }
  const ended = ['Succeeded', 'Failed'].includes(String((migration.status as Json | undefined)?.phase));
  const before = old.metadata.labels?.[SELECTOR];
  if (ended || before === undefined) return allow();
  const { labels } = migration.metadata;
  if (labels === undefined)
    return refuse([notSupported('', "selector label can't be removed from an in-flight migration")]);
  if (labels[SELECTOR] === before) return allow();
  return refuse([notSupported('', "selector label can't be modified on an in-flight migration")]);
}

const SELECTOR = 'kubevirt.io/vmi-name';

interface MigrationSpec {
  readonly vmiName?: string;
  readonly priority?: string;
  readonly sendTo?: { readonly migrationID?: string };
  readonly receive?: { readonly migrationID?: string };
}

function whyImmovable({ status }: Vmi, spec: MigrationSpec): string | undefined {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 'Cannot migrate VMI in finalized state.';
  const elsewhere = spec.sendTo !== undefined || spec.receive !== undefined;
  for (const { type, status: state, reason, message } of status?.conditions ?? []) {
    if (type !== 'LiveMigratable' || state !== 'False') continue;
    if (reason === 'DisksNotLiveMigratable' && elsewhere) continue;
    return `Cannot migrate VMI, Reason: ${reason ?? ''}, Message: ${message ?? ''}`;
  }
  return undefined;
}

async function inFlight(vmiName: string, namespace: string, cluster: Cluster): Promise<string | undefined> {
  const path = `/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstancemigrations`;
  const others = await cluster.list(`${path}?labelSelector=${encodeURIComponent(`${SELECTOR} in (${vmiName})`)}`);
  for (const { metadata, spec, status } of others) {
    if (metadata.labels?.[SELECTOR] !== vmiName) continue;
    if (['Succeeded', 'Failed'].includes(String((status as Json | undefined)?.phase))) continue;
    const active = `Active migration job (${metadata.uid ?? ''}) is currently already in progress for VMI`;
    return `in-flight migration detected. ${active} ${(spec as MigrationSpec).vmiName}.`;
  }
  return undefined;
}

/** Between clusters or namespaces, which has a gate. */
function decentralized({ sendTo, receive }: MigrationSpec, config: KubevirtConfig): Verdict {
  if (sendTo === undefined && receive === undefined) return allow();
  if (!config.gateEnabled('DecentralizedLiveMigration')) {
    const message = 'DecentralizedLiveMigration feature gate is not enabled in kubevirt resource';
    return refuse([notSupported('', message)]);
  }
  if (sendTo === undefined || receive === undefined || sendTo.migrationID === receive.migrationID) return allow();
  const ids = `sendTo migrationID ${sendTo.migrationID} does not match receive migrationID ${receive.migrationID}`;
  return refuse([invalid('', ids)]);
}
