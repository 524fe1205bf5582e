import type { Vmi } from '../model/vmi.ts';
import type { LauncherCluster } from './cluster.ts';

/** Verbosity of virt-launcher's log: the VMI's label, else the cluster's setting. */
export function logVerbosity(vmi: Vmi, cluster: LauncherCluster): string {
  return vmi.metadata.labels?.logVerbosity ?? String(clusterVerbosity(cluster));
}

/** Environment of the compute container that says how much is logged; nothing while all is at its default. */
export function verbosityVariables(
  vmi: Vmi,
  cluster: LauncherCluster,
): readonly { readonly name: string; readonly value: string }[] {
  const labels = vmi.metadata.labels ?? {};
  const wordy = Number(logVerbosity(vmi, cluster)) > EXTENSIVE;
  const asks = (label: string) => labels[label]?.toLowerCase() === 'true' || wordy;
  const changed = labels.logVerbosity !== undefined || clusterVerbosity(cluster) !== DEFAULT_VERBOSITY;
  return [
    ...(changed ? [{ name: 'VIRT_LAUNCHER_LOG_VERBOSITY', value: logVerbosity(vmi, cluster) }] : []),
    ...(asks('debugLogs') ? [{ name: 'LIBVIRT_DEBUG_LOGS', value: '1' }] : []),
    ...(asks('virtiofsdDebugLogs') ? [{ name: 'VIRTIOFSD_DEBUG_LOGS', value: '1' }] : []),
  ];
}

const DEFAULT_VERBOSITY = 2;
const EXTENSIVE = 5;

function clusterVerbosity({ configuration }: LauncherCluster): number {
  return configuration.developerConfiguration?.logVerbosity?.virtLauncher ?? DEFAULT_VERBOSITY;
}
