import { setMaxListeners } from 'node:events';
import type { KubeObject } from '../../api/objects.ts';
import { effectiveConfig, type Json, type KubevirtConfig } from '../../kubevirt/config.ts';
import type { KubevirtVersion } from '../../kubevirt/version.ts';
import { KNOWN_VERSIONS, kubevirtVersion } from '../../kubevirt/versions.ts';
import { type Component, component } from '../component.ts';
import type { Informer } from '../informer.ts';
import { type Loose, microTime } from '../kinds.ts';
import type { ProgramContext } from '../kubelet/program.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { Refusal } from '../rest.ts';

/** The component that runs in a container, under the identity of its pod's ServiceAccount. */
export function componentOf(
  context: ProgramContext,
  name: string,
  options: { readonly eventSource?: string; readonly extra?: Readonly<Record<string, readonly string[]>> } = {},
): Component {
  setMaxListeners(0, context.signal);
  return component({
    ...context,
    name,
    eventSource: options.eventSource ?? name,
    ...(options.extra && { extra: options.extra }),
  });
}

/** The release that a container's image is of: by its tag, else by KUBEVIRT_VERSION, else the newest one known. */
export function releaseOf({ image, env }: ProgramContext): KubevirtVersion {
  const newest = KNOWN_VERSIONS.at(-1);
  const release = kubevirtVersion(image.tag) ?? kubevirtVersion(env.KUBEVIRT_VERSION ?? '') ?? newest;
  if (release === undefined) throw new Error('the simulator knows no KubeVirt release');
  return release;
}

/** The KubeVirt CR and the configuration that follows from it, always as they are now. */
export interface ClusterConfig {
  readonly informer: Informer<Loose>;
  cr(): KubeObject | undefined;
  config(): KubevirtConfig;
}

/** Follows the KubeVirt CR of the namespace. */
export function followConfig(component: Component, namespace: string, version: KubevirtVersion): ClusterConfig {
  const informer = component.informer<Loose>(pathTo(RESOURCES.kubeVirts, namespace));
  const cr = () => informer.list()[0];
  return { informer, cr, config: () => effectiveConfig(version, cr()?.spec as Json | undefined) };
}

/** Leases are judged by the wall clock, so they are kept at its pace. */
const RENEW_EVERY_MS = 5000;
const LEASE_SECONDS = 15;

/**
 * Waits until this process leads its kind, then keeps the Lease until the signal aborts and gives it up. Settles with
 * false when the signal aborted first.
 */
export async function lead(component: Component, namespace: string, identity: string): Promise<boolean> {
  const { signal, clock, rest, tasks } = component;
  const path = pathTo(RESOURCES.leases, namespace, component.name);
  const leases = component.informer<Loose>(
    `${pathTo(RESOURCES.leases, namespace)}?fieldSelector=metadata.name%3D${component.name}`,
  );
  let wake = () => {};
  leases.onChange(() => wake());
  signal.addEventListener('abort', () => wake(), { once: true });
  while (!signal.aborted) {
    if (await acquire(component, namespace, identity)) {
      tasks.run(() => keep(component, path, identity));
      return true;
    }
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await Promise.race([changed, clock.sleep(RENEW_EVERY_MS * clock.pace, signal)]);
  }
  void rest;
  return false;
}

async function acquire({ rest, clock, name }: Component, namespace: string, identity: string): Promise<boolean> {
  const now = microTime(clock.now());
  const spec = { holderIdentity: identity, leaseDurationSeconds: LEASE_SECONDS, acquireTime: now, renewTime: now };
  const path = pathTo(RESOURCES.leases, namespace, name);
  try {
    const lease = await rest.find<Loose>(path);
    if (lease === undefined) {
      const metadata = { name, namespace };
      const body = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata,
        spec: { ...spec, leaseTransitions: 0 },
      };
      await rest.create(pathTo(RESOURCES.leases, namespace), body);
      return true;
    }
    const { holderIdentity, renewTime, leaseTransitions } = lease.spec ?? {};
    const age = clock.now().getTime() - Date.parse(String(renewTime));
    if (holderIdentity !== '' && holderIdentity !== undefined && age < LEASE_SECONDS * 1000) return false;
    await rest.replace(path, {
      ...lease,
      spec: { ...spec, leaseTransitions: Number(leaseTransitions ?? 0) + 1 },
    } as Loose);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

async function keep({ rest, clock, signal }: Component, path: string, identity: string): Promise<void> {
  const write = async (spec: unknown) => {
    await rest.patch(path, 'merge', { spec }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  };
  await clock.sleep(RENEW_EVERY_MS * clock.pace, signal);
  while (!signal.aborted) {
    await write({ holderIdentity: identity, renewTime: microTime(clock.now()) });
    await clock.sleep(RENEW_EVERY_MS * clock.pace, signal);
  }
  // Whoever waits need not wait for the Lease to run out.
  await write({ holderIdentity: '' });
}
