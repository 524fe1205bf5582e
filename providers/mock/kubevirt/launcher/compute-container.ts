import { type ParsedQuantity, parseQuantity, wholeUnits } from '../../quantity.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import { imagePullPolicy, type LauncherCluster, ovmfDirectory } from './cluster.ts';
import { XDG_VARIABLES } from './helper-security.ts';
import { type HookSidecar, sharedHookMounts } from './hook-sidecars.ts';
import { nonEmpty, present } from './json.ts';
import { verbosityVariables } from './log-verbosity.ts';
import { computeResources, networkDevices } from './pod-resources.ts';
import type { PodVolumes } from './pod-volumes.ts';
import { computeProbe } from './probes.ts';
import { isNonRoot, QEMU_UID } from './vmi-traits.ts';

/** virt-handler's time to stop the guest, and again virt-launcher's to kill it, on top of the guest's own. */
export const GRACE_PADDING_SECONDS = 15;

/** The container in which virt-launcher runs libvirt and QEMU. */
export function computeContainer(
  vmi: Vmi,
  cluster: LauncherCluster,
  parts: { readonly overhead: ParsedQuantity; readonly volumes: PodVolumes; readonly hooks: readonly HookSidecar[] },
): Record<string, unknown> {
  const nonRoot = isNonRoot(vmi);
  const capabilities = nonRoot
    ? { add: ['NET_BIND_SERVICE'], drop: ['ALL'] }
    : { add: ['NET_BIND_SERVICE', 'SYS_NICE'] };
  return present({
    name: 'compute',
    image: cluster.launcherImage,
    imagePullPolicy: imagePullPolicy(cluster),
    command: launcherCommand(vmi, cluster, parts.hooks.length),
    env: environment(vmi, cluster, parts.volumes),
    ports: nonEmpty(ports(vmi)),
    resources: computeResources(vmi, cluster, parts.overhead),
    readinessProbe: computeProbe(vmi, vmi.spec.readinessProbe),
    livenessProbe: computeProbe(vmi, vmi.spec.livenessProbe),
    securityContext: present({
      runAsUser: nonRoot ? QEMU_UID : 0,
      runAsNonRoot: nonRoot,
      capabilities,
      runAsGroup: nonRoot ? QEMU_UID : undefined,
      allowPrivilegeEscalation: nonRoot ? false : undefined,
      privileged: atLeast(cluster.version, 'v1.7') ? undefined : false,
    }),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [...parts.volumes.mounts, ...sharedHookMounts(parts.hooks)],
    volumeDevices: nonEmpty(parts.volumes.devices),
  });
}

/** virt-launcher-monitor with its arguments; the QEMU timeout has a jitter of two minutes, here its middle. */
function launcherCommand(vmi: Vmi, cluster: LauncherCluster, hookCount: number): readonly string[] {
  const { metadata, spec } = vmi;
  const { developerConfiguration } = cluster.configuration;
  const grace = (spec.terminationGracePeriodSeconds ?? 30) + GRACE_PADDING_SECONDS;
  const memoryLimit = parseQuantity(developerConfiguration?.diskVerification?.memoryLimit ?? '2000Mi');
  const gated = (gate: string, option: string) => (cluster.gateEnabled(gate) ? [option] : []);
  const filters = metadata.annotations?.['kubevirt.io/libvirt-log-filters'];
  const keep = metadata.annotations?.['kubevirt.io/keep-launcher-alive-after-failure'];
  return [
    '/usr/bin/virt-launcher-monitor',
    ...['--qemu-timeout', '300s'],
    ...['--name', metadata.name ?? '', '--uid', metadata.uid ?? '', '--namespace', metadata.namespace ?? ''],
    ...['--kubevirt-share-dir', '/var/run/kubevirt', '--ephemeral-disk-dir', '/var/run/kubevirt-ephemeral-disks'],
    ...['--container-disk-dir', '/var/run/kubevirt/container-disks', '--grace-period-seconds', String(grace)],
    ...['--hook-sidecars', String(hookCount), '--ovmf-path', ovmfDirectory(cluster, spec.architecture ?? 'amd64')],
    ...['--disk-memory-limit', String(wholeUnits(memoryLimit))],
    ...(atLeast(cluster.version, 'v1.8') ? ['--hypervisor', 'kvm'] : []),
    ...(isNonRoot(vmi) ? ['--run-as-nonroot'] : []),
    ...gated('ImageVolume', '--image-volume'),
    ...gated('LibvirtHooksServerAndClient', '--libvirt-hook-server-and-client'),
    ...gated('PodSecondaryInterfaceNamingUpgrade', '--upgrade-ordinal-ifaces'),
    ...gated('VGPULiveMigration', '--vgpu-dedicated-hook'),
    ...gated('VMStatsCollector', '--vm-stats-collector'),
    ...gated('FirmwareAutoSelection', '--firmware-auto-selection'),
    ...(filters === undefined ? [] : ['--libvirt-log-filters', filters]),
    ...(developerConfiguration?.useEmulation === true ? ['--allow-emulation'] : []),
    ...gated('CrossArchitectureVirtualization', '--allow-cross-arch-emulation'),
    ...(keep === '' || keep?.startsWith('true') ? ['--keep-after-failure'] : []),
    ...(metadata.annotations?.['kubevirt.io/func-test-virt-launcher-fail-fast'] === undefined
      ? []
      : ['--simulate-crash']),
  ];
}

function environment(vmi: Vmi, cluster: LauncherCluster, volumes: PodVolumes): readonly Record<string, unknown>[] {
  const resourceNames = atLeast(cluster.version, 'v1.7') ? [] : networkDevices(vmi, cluster);
  return [
    ...(isNonRoot(vmi) ? XDG_VARIABLES : []),
    ...(volumes.sharedPaths.length > 0
      ? [{ name: 'SHARED_FILESYSTEM_PATHS', value: volumes.sharedPaths.join(':') }]
      : []),
    ...resourceNames.map(([network, resource]) =>
      present({ name: `KUBEVIRT_RESOURCE_NAME_${network}`, value: resource || undefined }),
    ),
    ...verbosityVariables(vmi, cluster),
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ];
}

function ports({ spec }: Vmi): readonly Record<string, unknown>[] {
  return (spec.domain.devices.interfaces ?? []).flatMap((iface) =>
    (iface.ports ?? []).map(({ name, protocol, port }) =>
      present({ name: name || undefined, protocol: protocol || 'TCP', containerPort: port }),
    ),
  );
}
