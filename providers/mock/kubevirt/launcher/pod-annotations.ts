import { type ParsedQuantity, wholeUnits } from '../../quantity.ts';
import type { Vmi } from '../model/vmi.ts';
import type { LauncherCluster } from './cluster.ts';
import { present } from './json.ts';
import { podInterfaceName } from './naming.ts';

/** Annotations of a launcher pod: the VMI's own, and those of its helpers (velero, istio, multus, descheduler). */
export function podAnnotations(vmi: Vmi, cluster: LauncherCluster, overhead: ParsedQuantity): Record<string, string> {
  const { name = '' } = vmi.metadata;
  return {
    'kubevirt.io/domain': name,
    ...inherited(vmi),
    'kubectl.kubernetes.io/default-container': 'compute',
    'kubevirt.io/migrationTransportUnix': 'true',
    'descheduler.alpha.kubernetes.io/request-evict-only': '',
    ...networkAnnotations(vmi),
    ...backupHooks(vmi),
    ...(cluster.gateEnabled('VmiMemoryOverheadReport')
      ? { 'kubevirt.io/memory-overhead-bytes': String(wholeUnits(overhead)) }
      : {}),
  };
}

function inherited({ metadata }: Vmi): Record<string, string> {
  const prefixes = [
    'kubectl.kubernetes.io',
    'kubevirt.io/storage-observed-api-version',
    'kubevirt.io/latest-observed-api-version',
  ];
  const own = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(own.filter(([key]) => !prefixes.some((prefix) => key.startsWith(prefix))));
}

function networkAnnotations(vmi: Vmi): Record<string, string> {
  const { networks = [], domain } = vmi.spec;
  const interfaces = (domain.devices.interfaces ?? []).filter((iface) => iface.state !== 'absent');
  const annotations: Record<string, string> = {};
  const selected = networks.flatMap((network) => {
    const iface = interfaces.find(({ name }) => name === network.name);
    if (network.multus === undefined || network.multus.default || iface === undefined) return [];
    const [namespace, name] = splitName(network.multus.networkName, vmi.metadata.namespace ?? '');
    return [present({ name, namespace, mac: iface.macAddress, interface: podInterfaceName(network.name) })];
  });
  if (selected.length > 0) annotations['k8s.v1.cni.cncf.io/networks'] = JSON.stringify(selected);
  const standIn = networks.find((network) => network.multus?.default)?.multus?.networkName;
  if (standIn !== undefined) annotations['v1.multus-cni.io/default-network'] = standIn;
  if (interfaces.some((iface) => iface.masquerade !== undefined)) {
    annotations['traffic.sidecar.istio.io/kubevirtInterfaces'] = 'k6t-eth0';
    annotations['istio.io/reroute-virtual-interfaces'] = 'k6t-eth0';
  }
  return annotations;
}

/** `namespace/name`, or a name in the VMI's own namespace. */
export function splitName(text: string, namespace: string): readonly [namespace: string, name: string] {
  const slash = text.indexOf('/');
  return slash < 0 ? [namespace, text] : [text.slice(0, slash), text.slice(slash + 1)];
}

function backupHooks({ metadata }: Vmi): Record<string, string> {
  if (/^(1|t|true)$/i.test(metadata.annotations?.['kubevirt.io/skip-backup-hooks'] ?? '')) return {};
  const command = (action: string) =>
    `["/usr/bin/virt-freezer", "${action}", "--name", "${metadata.name}", "--namespace", "${metadata.namespace}"]`;
  return {
    'pre.hook.backup.velero.io/container': 'compute',
    'pre.hook.backup.velero.io/command': command('--freeze'),
    'pre.hook.backup.velero.io/timeout': '60s',
    'post.hook.backup.velero.io/container': 'compute',
    'post.hook.backup.velero.io/command': command('--unfreeze'),
  };
}
