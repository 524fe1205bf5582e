import { untilStopped } from '../../../clock.ts';
import { admit } from '../../../kubevirt/admit.ts';
import type { Program, ProgramContext } from '../../kubelet/program.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { admissionCluster } from '../admission-cluster.ts';
import { componentOf, followConfig, lead, releaseOf } from '../component.ts';
import type { Wiring } from '../wiring.ts';
import { startInstaller } from './installer.ts';
import { operatorRules } from './strategy.ts';

/** virt-operator: installs KubeVirt for its CR, keeps it as it should be, and removes it again. */
export function virtOperator(wiring: Wiring): Program {
  return async (context) => {
    const namespace = context.pod.metadata.namespace ?? '';
    if (context.args.includes('--dump-install-strategy')) return await dumpStrategy(context, namespace);
    const component = componentOf(context, 'virt-operator');
    const version = releaseOf(context);
    const { cr } = followConfig(component, namespace, version);
    const cluster = admissionCluster(component.rest);
    const leave = wiring.services.join(context.network, namespace, 'kubevirt-operator-webhook', {
      admit: (path, review) =>
        admit(path, review, {
          ...{ version, cluster, namespace, kubevirt: cr() },
          now: () => context.clock.now(),
          uuid: () => crypto.randomUUID(),
        }),
    });
    context.log(`{"component":"virt-operator","level":"info","msg":"KubeVirt version ${version.text}"}`);
    context.ready();
    if (await lead(component, namespace, context.pod.metadata.name ?? '')) {
      context.log('{"component":"virt-operator","level":"info","msg":"Started leading"}');
      startInstaller(component, {
        namespace,
        version,
        registry: context.image.registry,
        image: context.image.text,
        tag: context.image.tag,
      });
    }
    await untilStopped(context.signal);
    leave();
    return 0;
  };
}

/** What the install-strategy Job does: writes all that is to be installed into a ConfigMap. */
async function dumpStrategy(context: ProgramContext, namespace: string): Promise<number> {
  const component = componentOf(context, 'virt-operator');
  await component.rest.create(pathTo(RESOURCES.configMaps, namespace), operatorRules(context, namespace));
  return 0;
}
