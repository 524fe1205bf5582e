import { QEMU_UID } from './vmi-traits.ts';

/** Security context of a helper container: unprivileged, as the user of QEMU. */
export function helperSecurity(options: { readonly group?: boolean } = {}): Record<string, unknown> {
  return {
    runAsUser: QEMU_UID,
    ...(options.group ? { runAsGroup: QEMU_UID } : {}),
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  };
}

/** Directories by which XDG-minded programs find their place when they do not run as root. */
export const XDG_VARIABLES: readonly { readonly name: string; readonly value: string }[] = [
  { name: 'XDG_CACHE_HOME', value: '/var/run/kubevirt-private' },
  { name: 'XDG_CONFIG_HOME', value: '/var/run/kubevirt-private' },
  { name: 'XDG_RUNTIME_DIR', value: '/var/run' },
];
