import { isDeepStrictEqual } from 'node:util';
import type { Json, KubevirtConfig } from '../../config.ts';
import { findReferenced } from '../../instancetype/find.ts';
import type { Vm, VmSpec } from '../../model/vm.ts';
import { type Cause, notSupported } from '../causes.ts';
import type { Cluster } from '../context.ts';
import { allow, judge, refuse, refuseFor, type Verdict } from '../verdict.ts';
import { discontinuedGates } from '../vmi/discontinued-gates.ts';
import { discontinuedBindings } from '../vmi/networks.ts';
import { dataVolumeNamespaces } from './data-volumes.ts';
import { expandVm } from './expand.ts';
import { vmSpecCauses } from './spec.ts';
import { volumeRequests } from './volume-requests.ts';

/** A VM that is made or changed. */
export interface VmRequest {
  readonly vm: Vm;
  /** Undefined while it is made. */
  readonly old: Vm | undefined;
  readonly byKubevirt: boolean;
}

/** Whether a VM may be stored. Checks end at the first group that finds something. Source: VMsAdmitter.Admit. */
export async function admitVm(
  { vm, old, byKubevirt }: VmRequest,
  config: KubevirtConfig,
  cluster: Cluster,
): Promise<Verdict> {
  if (vm.metadata.deletionTimestamp !== undefined) return allow();
  const expanded = expandVm(vm, await findReferenced(vm, cluster), config);
  if ('causes' in expanded) return refuse(expanded.causes);
  if ('refusal' in expanded) return refuseFor(expanded.refusal);
  const groups: readonly (() => Iterable<Cause>)[] = [
    () => (old === undefined ? newGuest(vm.spec, expanded.spec, config) : []),
    () => vmSpecCauses(expanded.spec, config, byKubevirt),
    () =>
      isDeepStrictEqual(old?.spec.dataVolumeTemplates, vm.spec.dataVolumeTemplates) && old !== undefined
        ? []
        : dataVolumeNamespaces(vm.spec, vm.metadata.namespace ?? ''),
    () => whileBusy(vm, old),
  ];
  for (const group of groups) {
    const causes = [...group()];
    if (causes.length > 0) return refuse(causes);
  }
  const deprecated = vm.spec.running === undefined ? [] : [RUNNING_IS_DEPRECATED];
  return judge(await volumeRequests(vm, config, cluster), deprecated);
}

/** Whether a VM's status may be stored: its volume requests can be met. Source: VMsAdmitter.AdmitStatus. */
export async function admitVmStatus(
  { vm, old }: VmRequest,
  config: KubevirtConfig,
  cluster: Cluster,
): Promise<Verdict> {
  const causes = await volumeRequests(vm, config, cluster);
  return judge(causes.length > 0 ? causes : [...whileBusy(vm, old)]);
}

const RUNNING_IS_DEPRECATED = 'spec.running is deprecated, please use spec.runStrategy instead.';

function newGuest(spec: VmSpec, expanded: VmSpec, config: KubevirtConfig): readonly Cause[] {
  if (spec.template === undefined || expanded.template === undefined) return [];
  const gates = discontinuedGates(spec.template.spec, config);
  return gates.length > 0 ? gates : [...discontinuedBindings(expanded.template.spec, 'spec', config)];
}

/** A snapshot or a restore that is under way holds a VM still. Source: pkg/storage/admitters/vm-storage-status.go. */
function* whileBusy(vm: Vm, old: Vm | undefined): Iterable<Cause> {
  if (old === undefined) return;
  const { snapshotInProgress: snapshot, restoreInProgress: restore } = (vm.status ?? {}) as Json;
  const stateChanged = runningState(vm.spec) !== runningState(old.spec);
  if (typeof snapshot === 'string') {
    const until = `until snapshot ${JSON.stringify(snapshot)} completes`;
    if (!isDeepStrictEqual(vm.spec.template?.spec.volumes ?? [], old.spec.template?.spec.volumes ?? [])) {
      yield notSupported('spec', `Cannot update vm disks or volumes ${until}`);
      return;
    }
    if (stateChanged) {
      yield notSupported('spec', `Cannot update vm running state ${until}`);
      return;
    }
  }
  if (typeof restore === 'string' && stateChanged) {
    yield notSupported('spec', `Cannot update VM runStrategy until restore ${JSON.stringify(restore)} completes`);
  }
}

function runningState({ running, runStrategy }: VmSpec): string {
  return runStrategy ?? (running === true ? 'Always' : 'Halted');
}
