import type { LaunchSecurity } from '../../../providers/mock/kubevirt/model/domain.ts';
import type { Vmi } from '../../../providers/mock/kubevirt/model/vmi.ts';
import type { KubevirtVersion } from '../../../providers/mock/kubevirt/version.ts';
import { parseVersion } from '../../../providers/mock/kubevirt/version.ts';

/** A VMI as the mutating webhook leaves it: 1Gi, one container disk, masquerade. */
export function guestVmi(launchSecurity?: LaunchSecurity): Vmi {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: 'probe', namespace: 'sev-e2e', uid: '11111111-2222-4333-8444-555555555555' },
    spec: {
      architecture: 'amd64',
      evictionStrategy: 'None',
      terminationGracePeriodSeconds: 0,
      domain: {
        cpu: { cores: 1, sockets: 1, threads: 1, maxSockets: 4, model: 'host-model' },
        devices: {
          autoattachGraphicsDevice: false,
          disks: [{ name: 'root', disk: { bus: 'virtio' } }],
          interfaces: [{ name: 'default', masquerade: {} }],
          rng: {},
        },
        features: { acpi: { enabled: true } },
        firmware: { bootloader: { efi: { secureBoot: false } }, uuid: '99999999-2222-4333-8444-555555555555' },
        machine: { type: 'q35' },
        memory: { guest: '1Gi' },
        resources: {},
        ...(launchSecurity === undefined ? {} : { launchSecurity }),
      },
      networks: [{ name: 'default', pod: {} }],
      volumes: [
        { name: 'root', containerDisk: { image: 'quay.io/kubevirt/disk:v1', imagePullPolicy: 'IfNotPresent' } },
      ],
    },
    status: { phase: 'Pending', runtimeUser: 107 },
  };
}

/** The VMI with another domain. */
export function withDomain(vmi: Vmi, change: Partial<Vmi['spec']['domain']>): Vmi {
  return { ...vmi, spec: { ...vmi.spec, domain: { ...vmi.spec.domain, ...change } } };
}

/** A known release. @throws Error for text that is no version. */
export function release(text: string): KubevirtVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`${text} is no version`);
  return version;
}
