import { untilStopped } from '../../../clock.ts';
import { nodeLabels, relabelled } from '../../../kubevirt/labels.ts';
import {
  capabilities,
  domCapabilities,
  launcherVirtualizer,
  supportedFeatures,
} from '../../../physics/dom-capabilities.ts';
import type { Program } from '../../kubelet/program.ts';
import { componentOf, followConfig, releaseOf } from '../component.ts';
import type { Wiring } from '../wiring.ts';
import { offerDevices } from './devices.ts';
import { startGuests } from './guests.ts';
import { handlerServer } from './handler-server.ts';
import { keepHeartbeat, labelNode } from './node.ts';

/** virt-handler: labels the node, offers its devices, and runs the guests that were handed over to it. */
export function virtHandler(wiring: Wiring): Program {
  return async (context) => {
    const { node } = context;
    const namespace = context.pod.metadata.namespace ?? '';
    const extra = { 'authentication.kubernetes.io/node-name': [node.name] };
    const component = componentOf(context, 'virt-handler', { extra });
    const version = releaseOf(context);
    const follow = followConfig(component, namespace, version);
    const virtualizer = launcherVirtualizer(`${version.major}.${version.minor}`);
    // Read once, as the init container left it: a change of the host shows after a restart of this pod.
    const sources = {
      domCapabilities: domCapabilities(node.profile, virtualizer),
      supportedFeatures: supportedFeatures(node.profile),
      capabilities: capabilities(node.profile, virtualizer),
    };
    const label = async () => {
      const scripted = component.director.controller('virt-handler').nodeLabels ?? {};
      const labels = nodeLabels(sources, { version });
      await labelNode(component, node.name, (present) =>
        scriptedLabels(relabelled(present, labels, version), scripted),
      );
    };
    await Promise.race([follow.informer.synced, untilStopped(context.signal)]);
    if (context.signal.aborted) return 0;
    await label();
    follow.informer.onChange(({ old }) => {
      if (old !== undefined) component.tasks.run(label);
    });
    const withdraw = offerDevices(node, follow);
    const launcherOf = startGuests(component, {
      wiring,
      nodeName: node.name,
      hostModel: node.profile.cpu.libvirtModel,
      version,
      config: follow.config,
    });
    const close = wiring.handlers.listen(context.podIP, handlerServer(node, launcherOf));
    component.tasks.run(() => keepHeartbeat(component, node.name));
    context.log('{"component":"virt-handler","level":"info","msg":"set verbosity to 2"}');
    context.ready();
    await untilStopped(context.signal);
    close();
    withdraw();
    return 0;
  };
}

/** What a scenario writes in place of the right labels; null leaves one out. */
function scriptedLabels(
  labels: Readonly<Record<string, string>>,
  scripted: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const all = Object.entries({ ...labels, ...scripted });
  return Object.fromEntries(all.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}
