import { untilStopped } from '../../../clock.ts';
import { launcherCluster } from '../../../kubevirt/launcher/cluster.ts';
import type { Program } from '../../kubelet/program.ts';
import { componentOf, followConfig, lead, releaseOf } from '../component.ts';
import { startMigrations } from './migrations.ts';
import { startVmis } from './vmis.ts';
import { startVms } from './vms.ts';

/** virt-controller: launcher pods for VMIs, VMIs for VMs. */
export function virtController(): Program {
  return async (context) => {
    const component = componentOf(context, 'virt-controller', { eventSource: 'virtualmachine-controller' });
    const namespace = context.pod.metadata.namespace ?? '';
    const version = releaseOf(context);
    const { config, informer } = followConfig(component, namespace, version);
    context.log(`{"component":"virt-controller","level":"info","msg":"KubeVirt version ${version.text}"}`);
    context.ready();
    if (await lead(component, namespace, context.pod.metadata.name ?? '')) {
      const cluster = () => launcherCluster(config(), context.image.registry);
      startVmis(component, { version, cluster, config: informer });
      startVms(component, { version, config });
      startMigrations(component);
    }
    await untilStopped(context.signal);
    return 0;
  };
}
