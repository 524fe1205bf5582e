import { isDeepStrictEqual } from 'node:util';
import type { UserInfo } from '../../../api/objects.ts';
import { compareQuantities } from '../../../quantity.ts';
import type { Json, KubevirtConfig } from '../../config.ts';
import type { Vmi } from '../../model/vmi.ts';
import { atLeast } from '../../version.ts';
import { type Cause, invalid, notSupported } from '../causes.ts';
import { isKubevirtAccount } from '../context.ts';
import { hotplugVolumes } from './hotplug-volumes.ts';
import { restrictedLabels } from './metadata.ts';
import { specCauses } from './spec.ts';

/** A VMI's change and who makes it. */
export interface VmiUpdate {
  readonly vmi: Vmi;
  readonly old: Vmi;
  readonly user: UserInfo;
  /** Where KubeVirt is installed. */
  readonly namespace: string;
}

/** What forbids a change of a VMI: users change nothing of its spec, KubeVirt only what can be hotplugged. Source: vmi-update-admitter.go. */
export function vmiUpdateCauses(update: VmiUpdate, config: KubevirtConfig): readonly Cause[] {
  const { vmi, old, user, namespace } = update;
  const byKubevirt = isKubevirtAccount(user.username, namespace);
  if (byKubevirt && user.username.endsWith('kubevirt-handler') && config.gateEnabled('NodeRestriction')) {
    const cause = beyondItsNode(update);
    if (cause !== undefined) return [cause];
  }
  if (!isDeepStrictEqual(vmi.spec, old.spec)) {
    if (!byKubevirt) return [notSupported('', 'update of VMI object is restricted')];
    const causes = hotplugCauses(update, config);
    if (causes.length > 0) return causes;
  }
  if (byKubevirt || isDeepStrictEqual(restrictedLabels(vmi.metadata.labels), restrictedLabels(old.metadata.labels))) {
    return [];
  }
  return [notSupported('', 'modification of the following reserved kubevirt.io/ labels on a VMI object is prohibited')];
}

/** virt-handler writes only VMIs of its own node, which the API server tells from its token. */
function beyondItsNode({ vmi, old, user }: VmiUpdate): Cause | undefined {
  const [node] = user.extra?.['authentication.kubernetes.io/node-name'] ?? [];
  if (node === undefined) {
    return invalid('', 'Node restriction failed, virt-handler service account is missing node name');
  }
  const target = targetNode(old);
  if (node !== (old.status?.nodeName ?? '') && (target === '' || node !== target)) {
    return invalid('', 'Node restriction, virt-handler is only allowed to modify VMIs it owns');
  }
  if (target === '' && targetNode(vmi) !== '') {
    return invalid('', 'Node restriction, virt-handler is not allowed to set target node');
  }
  return undefined;
}

function targetNode({ status }: Vmi): string {
  return String((status?.migrationState as Json | undefined)?.targetNode ?? '');
}

function hotplugCauses({ vmi, old }: VmiUpdate, config: KubevirtConfig): readonly Cause[] {
  const { domain } = vmi.spec;
  if ((domain.cpu?.maxSockets ?? 0) !== (old.spec.domain.cpu?.maxSockets ?? 0)) {
    return [invalid('', 'CPU topology maxSockets changed')];
  }
  const [before, after] = [old.spec.domain.memory?.maxGuest, domain.memory?.maxGuest];
  if (before !== undefined && after !== undefined && compareQuantities(before, after) !== 0) {
    return [invalid('', 'Memory maxGuest changed')];
  }
  const causes = hotplugVolumes(vmi, old, config);
  if (causes.length > 0 || atLeast(config.version, 'v1.7')) return causes;
  return specCauses(vmi.spec, 'spec', config);
}
