import { hostEncryption } from '../../../physics/asids.ts';
import type { NodeHost } from '../../kubelet/program.ts';
import type { ClusterConfig } from '../component.ts';

/** `--max-devices` of virt-handler: not what the hardware can take. */
const MAX_DEVICES = 1000;
const ALWAYS = ['devices.kubevirt.io/kvm', 'devices.kubevirt.io/tun', 'devices.kubevirt.io/vhost-net'];
const SEV = 'devices.kubevirt.io/sev';

/** Offers the devices of the node; /dev/sev only while its feature gate is on. Returns how to withdraw them. */
export function offerDevices(node: NodeHost, { informer, config }: ClusterConfig): () => void {
  for (const resource of ALWAYS) node.devices.offer(resource, { capacity: MAX_DEVICES, allocatable: MAX_DEVICES });
  let offered = false;
  const follow = () => {
    const wanted = config().gateEnabled('WorkloadEncryptionSEV');
    if (wanted === offered) return;
    offered = wanted;
    // Without /dev/sev all devices are there but unhealthy.
    const healthy = hostEncryption(node.profile).sev ? MAX_DEVICES : 0;
    if (wanted) node.devices.offer(SEV, { capacity: MAX_DEVICES, allocatable: healthy });
    else node.devices.withdraw(SEV);
  };
  const stop = informer.onChange(follow);
  follow();
  return () => {
    stop();
    for (const resource of [...ALWAYS, ...(offered ? [SEV] : [])]) node.devices.withdraw(resource);
  };
}
