import type { Vmi } from '../model/vmi.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import { type LauncherCluster, supportResources } from './cluster.ts';
import { helperSecurity } from './helper-security.ts';
import { logVerbosity } from './log-verbosity.ts';
import { isCpuDedicated, wantsGuaranteedQos } from './vmi-traits.ts';

/** The container whose log is the guest's serial console; undefined when the VMI or the cluster does without it. */
export function consoleLogContainer(vmi: Vmi, cluster: LauncherCluster): Record<string, unknown> | undefined {
  if (!atLeast(cluster.version, 'v1.1') || !isLogged(vmi, cluster)) return undefined;
  const dedicated = isCpuDedicated(vmi) || wantsGuaranteedQos(vmi);
  const { requests, limits } = supportResources('guest-console-log', cluster, {
    requests: { cpu: '5m', memory: '35M' },
    limits: { cpu: '15m', memory: '60M' },
  });
  return {
    name: 'guest-console-log',
    image: cluster.launcherImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['/usr/bin/virt-tail'],
    args: ['--logfile', `/var/run/kubevirt-private/${vmi.metadata.uid}/virt-serial0-log`],
    env: [{ name: 'VIRT_LAUNCHER_LOG_VERBOSITY', value: logVerbosity(vmi, cluster) }],
    volumeMounts: [{ name: 'private', mountPath: '/var/run/kubevirt-private', readOnly: true }],
    resources: { requests: dedicated ? limits : requests, limits },
    securityContext: helperSecurity(),
    ...(isNativeSidecar(cluster.version) ? { restartPolicy: 'Always' } : {}),
  };
}

/** From v1.6 the log container is an init container that keeps running. */
export function isNativeSidecar(version: KubevirtVersion): boolean {
  return atLeast(version, 'v1.6');
}

function isLogged({ spec }: Vmi, { configuration }: LauncherCluster): boolean {
  const { autoattachSerialConsole, logSerialConsole } = spec.domain.devices;
  if (autoattachSerialConsole === false) return false;
  return logSerialConsole ?? configuration.virtualMachineOptions?.disableSerialConsoleLog === undefined;
}
