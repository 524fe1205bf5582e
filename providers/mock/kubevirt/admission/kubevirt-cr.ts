import type { KubeObject } from '../../api/objects.ts';
import type { Json } from '../config.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import type { AdmissionContext } from './context.ts';
import { kubevirtCauses, kubevirtWarnings } from './kubevirt-spec.ts';
import { allow, judge, refuseFor, type Verdict } from './verdict.ts';

/** There is one KubeVirt CR in a cluster. Source: pkg/virt-operator/webhooks/kubevirt-create-admitter.go. */
export async function kubevirtCreate({ cluster }: AdmissionContext): Promise<Verdict> {
  const existing = await cluster.list('/apis/kubevirt.io/v1/kubevirts');
  return existing.length === 0 ? allow() : refuseFor('Kubevirt is already created');
}

/** A CR's change must be one that the operator can carry out. Source: kubevirt-update-admitter.go. */
export function kubevirtUpdate(cr: KubeObject, old: KubeObject, version: KubevirtVersion): Verdict {
  const causes = kubevirtCauses((cr.spec ?? {}) as Json, (old.spec ?? {}) as Json, version);
  const warnings = kubevirtWarnings((cr.spec ?? {}) as Json, (old.spec ?? {}) as Json, version);
  return judge([...causes], atLeast(version, 'v1.0') ? warnings : []);
}

/**
 * With BlockUninstallIfWorkloadsExist a deployed KubeVirt cannot be deleted under its guests.
 * Source: pkg/virt-operator/webhooks/webhook.go.
 */
export async function kubevirtDelete(cr: KubeObject, { cluster }: AdmissionContext): Promise<Verdict> {
  const spec = (cr.spec ?? {}) as Json;
  if (spec.uninstallStrategy !== 'BlockUninstallIfWorkloadsExist') return allow();
  if (((cr.status ?? {}) as Json).phase !== 'Deployed') return allow();
  for (const [plural, name] of WORKLOADS) {
    const present = await cluster.list(`/apis/kubevirt.io/v1/${plural}?limit=2`);
    if (present.length > 0) return refuseFor(stillPresent(name));
  }
  return allow();
}

const WORKLOADS = [
  ['virtualmachineinstances', 'Virtual Machine Instances'],
  ['virtualmachines', 'Virtual Machines'],
  ['virtualmachineinstancereplicasets', 'Virtual Machine Instance Replica Sets'],
] as const;

function stillPresent(workloads: string): string {
  return (
    `Rejecting the uninstall request, since there are still ${workloads} present. Either delete all KubeVirt related ` +
    'workloads or change the uninstall strategy before uninstalling KubeVirt.'
  );
}
