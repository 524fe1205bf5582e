import type { Probe } from '../model/pod.ts';
import type { Vmi } from '../model/vmi.ts';
import { present } from './json.ts';

/** The VMI's probe as the compute container runs it: commands go through virt-probe into the guest. */
export function computeProbe({ metadata }: Vmi, probe: Probe | undefined): Record<string, unknown> | undefined {
  if (probe === undefined) return undefined;
  const timeoutSeconds = probe.timeoutSeconds || 1;
  const domain = `${metadata.namespace}_${metadata.name}`;
  const virtProbe = ['virt-probe', '--domainName', domain, '--timeoutSeconds', String(timeoutSeconds)];
  const [program, ...words] = probe.exec?.command ?? [];
  const command =
    probe.guestAgentPing !== undefined
      ? [...virtProbe, '--guestAgentPing']
      : program !== undefined && program !== 'virt-probe'
        ? [...virtProbe, '--command', program, '--', ...words]
        : undefined;
  return present({
    // libvirt needs about ten seconds to start, and the detour through virt-probe one more.
    initialDelaySeconds: (probe.initialDelaySeconds ?? 0) + 10,
    timeoutSeconds: command === undefined ? timeoutSeconds : timeoutSeconds + 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
    exec: command === undefined ? probe.exec : { command },
    httpGet: probe.httpGet,
    tcpSocket: probe.tcpSocket,
  });
}
