import type { KubeObject } from '../../api/objects.ts';
import type { Json } from '../config.ts';
import type { AdmissionContext } from './context.ts';
import { allow, refuseFor, type Verdict } from './verdict.ts';

/** There is one KubeVirt CR in a cluster. Source: pkg/virt-operator/webhooks/kubevirt-create-admitter.go. */
export async function kubevirtCreate({ reader }: AdmissionContext): Promise<Verdict> {
  const existing = await reader.list('/apis/kubevirt.io/v1/kubevirts');
  return existing.length === 0 ? allow() : refuseFor('Kubevirt is already created');
}

/**
 * With BlockUninstallIfWorkloadsExist a deployed KubeVirt cannot be deleted under its guests.
 * Source: pkg/virt-operator/webhooks/webhook.go.
 */
export async function kubevirtDelete(cr: KubeObject, { reader }: AdmissionContext): Promise<Verdict> {
  const spec = (cr.spec ?? {}) as Json;
  if (spec.uninstallStrategy !== 'BlockUninstallIfWorkloadsExist') return allow();
  if (((cr.status ?? {}) as Json).phase !== 'Deployed') return allow();
  for (const [plural, name] of WORKLOADS) {
    const present = await reader.list(`/apis/kubevirt.io/v1/${plural}`);
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
