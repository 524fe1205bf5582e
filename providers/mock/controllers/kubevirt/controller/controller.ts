import { launcherCluster } from '../../../kubevirt/launcher/cluster.ts';
import type { Program } from '../../kubelet/program.ts';
import { untilStopped } from '../../kubelet/program.ts';
import { followConfig, lead, processOf, releaseOf } from '../process.ts';
import { startMigrations } from './migrations.ts';
import { startVmis } from './vmis.ts';
import { startVms } from './vms.ts';

/** virt-controller: launcher pods for VMIs, VMIs for VMs. */
export function virtController(): Program {
  return async (context) => {
    const process = processOf(context, 'virt-controller', { eventSource: 'virtualmachine-controller' });
    const namespace = context.pod.metadata.namespace ?? '';
    const version = releaseOf(context);
    const { config, informer } = followConfig(process, namespace, version);
    context.log(`{"component":"virt-controller","level":"info","msg":"KubeVirt version ${version.text}"}`);
    context.ready();
    if (await lead(process, namespace, context.pod.metadata.name ?? '')) {
      const cluster = () => launcherCluster(config(), context.image.registry);
      startVmis(process, { version, cluster, config: informer });
      startVms(process, { version, config });
      startMigrations(process);
    }
    await untilStopped(context.signal);
    return 0;
  };
}
