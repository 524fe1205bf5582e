import type { KubeObject, ObjectMeta } from '../kube/objects.ts';
import type { GuestSpec } from '../model/guests.ts';

/** What the guest is made of, beside its technology. */
export interface GuestImage {
  readonly image: string;
  /** Kubernetes quantity, e.g. `1Gi`. */
  readonly memory: string;
}

/** Where the guest lives and to whom it belongs. */
export interface GuestPlace {
  readonly name: string;
  readonly namespace: string;
  /** The node to run on: the one that was probed. */
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A VirtualMachineInstance as it is sent. */
export interface VmiManifest extends KubeObject {
  readonly apiVersion: 'kubevirt.io/v1';
  readonly kind: 'VirtualMachineInstance';
  readonly metadata: ObjectMeta;
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * The smallest guest that boots with and without encryption, so that the control differs in nothing else:
 * UEFI without Secure Boot, virtio, masquerade (so that LiveMigratable names SEV, not the network).
 */
export function vmiManifest(spec: GuestSpec, place: GuestPlace, guest: GuestImage): VmiManifest {
  const { name, namespace, labels, nodeName } = place;
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace, labels },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': nodeName },
      terminationGracePeriodSeconds: 0,
      domain: {
        ...(spec.launchSecurity === undefined ? {} : { launchSecurity: spec.launchSecurity }),
        firmware: { bootloader: { efi: { secureBoot: false } } },
        memory: { guest: guest.memory },
        devices: {
          autoattachGraphicsDevice: false,
          rng: {},
          disks: [{ name: 'root', disk: { bus: 'virtio' } }],
          interfaces: [{ name: 'default', masquerade: {} }],
        },
      },
      networks: [{ name: 'default', pod: {} }],
      volumes: [{ name: 'root', containerDisk: { image: guest.image } }],
    },
  };
}
