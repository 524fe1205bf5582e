import { isDeepStrictEqual } from 'node:util';
import type { Json, KubevirtConfig } from '../../config.ts';
import type { Disk } from '../../model/devices.ts';
import type { Vm } from '../../model/vm.ts';
import type { Vmi, VmiSpec } from '../../model/vmi.ts';
import type { Volume } from '../../model/volumes.ts';
import { type Cause, invalid, notSupported } from '../causes.ts';
import type { Cluster } from '../context.ts';
import { specCauses } from '../vmi/spec.ts';

/** What forbids the volume changes that wait in a VM's status. First trouble only. Source: validateVolumeRequests in vms-admitter.go. */
export async function volumeRequests(vm: Vm, config: KubevirtConfig, cluster: Cluster): Promise<readonly Cause[]> {
  const requests = (vm.status?.volumeRequests ?? []) as readonly VolumeRequest[];
  const { template } = vm.spec;
  if (requests.length === 0 || template === undefined) return [];
  const vmi = vm.status?.ready === true ? await runningGuest(vm, cluster) : undefined;
  const problem = requestsProblem(requests, template.spec, vmi?.spec);
  if (problem !== undefined) return [invalid('Status.volumeRequests', problem)];
  const path = 'spec.template.spec';
  const causes = specCauses(requests.reduce(withRequest, template.spec), path, config);
  if (causes.length > 0 || vmi === undefined) return causes;
  const ofGuest = specCauses(requests.reduce(withRequest, vmi.spec), path, config);
  if (ofGuest.length > 0) return ofGuest;
  if (!isMigrating(vmi)) return [];
  return [notSupported('spec', 'Cannot handle volume requests while VMI migration is in progress')];
}

interface VolumeRequest {
  readonly addVolumeOptions?: {
    readonly name: string;
    readonly disk?: Disk;
    readonly volumeSource?: Pick<Volume, 'persistentVolumeClaim' | 'dataVolume'>;
  };
  readonly removeVolumeOptions?: { readonly name: string };
}

async function runningGuest(vm: Vm, cluster: Cluster): Promise<Vmi | undefined> {
  const { namespace, name } = vm.metadata;
  const vmi = await cluster.get(`/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}`);
  return vmi === undefined || vmi.metadata.deletionTimestamp !== undefined ? undefined : (vmi as unknown as Vmi);
}

function requestsProblem(
  requests: readonly VolumeRequest[],
  spec: VmiSpec,
  guest: VmiSpec | undefined,
): string | undefined {
  const added = new Set<string>();
  const removed = new Set<string>();
  for (const { addVolumeOptions: add, removeVolumeOptions: remove } of requests) {
    if (add !== undefined && remove !== undefined) {
      return 'VolumeRequests require either addVolumeOptions or removeVolumeOptions to be set, not both';
    }
    if (add !== undefined) {
      // The typo is KubeVirt's.
      if (added.has(add.name)) return `AddVolume request for [${add.name}] aleady exists`;
      const problem = diskProblem(add.disk, add.name) ?? conflict(add, spec, guest);
      if (problem !== undefined) return problem;
      added.add(add.name);
    } else if (remove !== undefined) {
      if (removed.has(remove.name)) return `RemoveVolume request for [${remove.name}] aleady exists`;
      removed.add(remove.name);
    } else return 'VolumeRequests require one of either addVolumeOptions or removeVolumeOptions to be set';
  }
  return undefined;
}

function diskProblem(given: Disk | undefined, name: string): string | undefined {
  const what = 'AddVolume request for';
  if (given === undefined) return `${what} [${name}] requires the disk field to be set.`;
  const { disk, lun, dedicatedIOThread } = given;
  const bus = (disk ?? lun)?.bus ?? '';
  if (disk !== undefined) {
    if (bus !== 'scsi' && bus !== 'virtio') {
      return `${what} disk [${name}] requires bus to be 'scsi' or 'virtio'. [${bus}] is not permitted.`;
    }
  } else if (lun === undefined) return `${what} [${name}] requires diskDevice of type 'disk' or 'lun' to be used.`;
  else if (bus !== 'scsi') return `${what} LUN [${name}] requires bus to be 'scsi'. [${bus}] is not permitted.`;
  if (dedicatedIOThread === true && bus !== 'virtio') return `${what} [${name}] requires virtio bus for IOThreads.`;
  return undefined;
}

function conflict(
  add: NonNullable<VolumeRequest['addVolumeOptions']>,
  spec: VmiSpec,
  guest: VmiSpec | undefined,
): string | undefined {
  const differs = (volumes: readonly Volume[] | undefined): boolean => {
    const present = volumes?.find(({ name }) => name === add.name);
    return present !== undefined && !isDeepStrictEqual(present, { name: add.name, ...add.volumeSource });
  };
  const clash = `AddVolume request for [${add.name}] conflicts with an existing volume of the same name on`;
  if (differs(spec.volumes)) return `${clash} the vmi template.`;
  return differs(guest?.volumes) ? `${clash} currently running vmi` : undefined;
}

function withRequest(spec: VmiSpec, { addVolumeOptions: add, removeVolumeOptions: remove }: VolumeRequest): VmiSpec {
  const name = add?.name ?? remove?.name;
  const { volumes = [], domain } = spec;
  const disks = domain.devices.disks ?? [];
  if (add !== undefined && volumes.some((volume) => volume.name === name)) return spec;
  const others = <T extends { readonly name: string }>(list: readonly T[]): T[] =>
    list.filter((each) => each.name !== name);
  const added = add === undefined ? [] : [{ name: add.name, ...add.volumeSource }];
  const addedDisks = add?.disk === undefined ? [] : [{ ...add.disk, name: add.name }];
  return {
    ...spec,
    volumes: [...others(volumes), ...added],
    domain: { ...domain, devices: { ...domain.devices, disks: [...others(disks), ...addedDisks] } },
  };
}

function isMigrating({ status }: Vmi): boolean {
  const state = status?.migrationState as Json | undefined;
  return state !== undefined && state.completed !== true && state.startTimestamp !== undefined;
}
