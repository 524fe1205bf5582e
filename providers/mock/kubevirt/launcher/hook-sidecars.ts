import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import { type LauncherCluster, supportResources } from './cluster.ts';
import { helperSecurity, XDG_VARIABLES } from './helper-security.ts';
import { nonEmpty, present } from './json.ts';
import { isCpuDedicated, isNonRoot, wantsGuaranteedQos } from './vmi-traits.ts';

/** A container that may change the domain before it is defined, as the annotation names it. */
export interface HookSidecar {
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly configMap?: { readonly name: string; readonly key: string; readonly hookPath: string };
  readonly pvc?: { readonly name: string; readonly volumePath: string; readonly sharedComputePath?: string };
}

/** Sidecars that the VMI's annotation lists. @throws Error when it is no JSON list. */
export function hookSidecars({ metadata }: Vmi, cluster: LauncherCluster): readonly HookSidecar[] {
  const text = metadata.annotations?.['hooks.kubevirt.io/hookSidecars'];
  if (text === undefined || !cluster.gateEnabled('Sidecar')) return [];
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list))
    throw new Error(`annotation hooks.kubevirt.io/hookSidecars of "${metadata.name}" is no list`);
  return list as readonly HookSidecar[];
}

/** The sidecars' containers, in the annotation's order. */
export function hookContainers(
  vmi: Vmi,
  cluster: LauncherCluster,
  sidecars: readonly HookSidecar[],
): readonly Record<string, unknown>[] {
  return sidecars.map((sidecar, index) => {
    const name = `hook-sidecar-${index}`;
    const { configMap, pvc } = sidecar;
    return present({
      name,
      image: sidecar.image ?? cluster.launcherImage.replace('/virt-launcher:', '/sidecar-shim:'),
      imagePullPolicy: sidecar.imagePullPolicy || undefined,
      command: nonEmpty(sidecar.command ?? []),
      args: nonEmpty(sidecar.args ?? []),
      env: [...(isNonRoot(vmi) ? XDG_VARIABLES : []), { name: 'CONTAINER_NAME', value: name }],
      resources: resources(vmi, cluster),
      securityContext: {
        ...helperSecurity({ group: true }),
        ...(atLeast(cluster.version, 'v1.7') ? {} : { privileged: false }),
      },
      terminationMessagePolicy: 'FallbackToLogsOnError',
      volumeMounts: [
        { name: 'hook-sidecar-sockets', mountPath: '/var/run/kubevirt-hooks', subPath: name },
        ...(configMap ? [{ name: configMap.name, mountPath: configMap.hookPath, subPath: configMap.key }] : []),
        ...(pvc ? [{ name: pvc.name, mountPath: pvc.volumePath }] : []),
      ],
    });
  });
}

/** Volumes that the sidecars bring along. */
export function hookVolumes(sidecars: readonly HookSidecar[]): readonly Record<string, unknown>[] {
  return sidecars.flatMap(({ configMap, pvc }) => [
    ...(configMap ? [{ name: configMap.name, configMap: { name: configMap.name, defaultMode: 0o755 } }] : []),
    ...(pvc ? [{ name: pvc.name, persistentVolumeClaim: { claimName: pvc.name } }] : []),
  ]);
}

/** Claims of sidecars that the compute container sees too. */
export function sharedHookMounts(sidecars: readonly HookSidecar[]): readonly Record<string, unknown>[] {
  return sidecars.flatMap(({ pvc }) =>
    pvc?.sharedComputePath ? [{ name: pvc.name, mountPath: pvc.sharedComputePath }] : [],
  );
}

function resources(vmi: Vmi, cluster: LauncherCluster): Record<string, unknown> {
  const dedicated = isCpuDedicated(vmi) || wantsGuaranteedQos(vmi);
  const { requests, limits } = supportResources('sidecar', cluster, {
    requests: {},
    limits: dedicated ? { cpu: '200m', memory: '64M' } : {},
  });
  const lists = { requests: dedicated ? limits : requests, limits };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => Object.keys(list).length > 0));
}
