import type { Kubelet, NetworkSwitch } from '../../api/backends.ts';
import type { Component } from '../component.ts';
import { untilAborted } from '../component.ts';
import { type Loose, microTime, type Pod, timestamp } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { Refusal } from '../rest.ts';
import type { KubeApiAs } from '../seam.ts';
import { containerShell } from './container-shell.ts';
import { startExec } from './exec.ts';
import { nodeObject, nodeStatus } from './node-object.ts';
import { PodWorker, programName } from './pod-worker.ts';
import type { NodeHost, Program } from './program.ts';

export interface KubeletSetup {
  readonly component: Component;
  readonly node: NodeHost;
  readonly kubernetesVersion: string;
  readonly network: NetworkSwitch;
  readonly as: KubeApiAs;
  /** What images do, by the last part of their name. */
  readonly programs: Readonly<Record<string, Program>>;
}

/** Leases are renewed and heartbeats sent at the pace of the wall, because their readers compare them with it. */
const LEASE_EVERY_MS = 10_000;
const LEASE_SECONDS = 40;

/** Runs a node: registers it, keeps its Lease, carries the pods bound to it, answers logs and exec. Settles when the node is registered. */
export async function startKubelet(setup: KubeletSetup): Promise<void> {
  const { component, node, network } = setup;
  const workers = new Map<string, PodWorker>();
  await register(setup);
  node.devices.onChange(() => queueStatus(setup));
  const stopListening = network.listenKubelet(node.name, serveKubelet(workers, setup));
  component.signal.addEventListener('abort', stopListening, { once: true });
  component.tasks.run(() => keepLease(setup));
  followPods(setup, workers);
}

async function register({ component, node, kubernetesVersion }: KubeletSetup): Promise<void> {
  const object = nodeObject(node, kubernetesVersion, component.clock.now());
  const { status, ...rest } = object;
  while (!component.signal.aborted) {
    try {
      await component.rest.create(pathTo(RESOURCES.nodes), rest).catch((error: unknown) => {
        if (!(error instanceof Refusal) || error.status !== 409) throw error;
      });
      await component.rest.patch(pathTo(RESOURCES.nodes, undefined, node.name, 'status'), 'strategic', { status });
      return;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await component.clock.sleep(100 * component.clock.pace, component.signal);
    }
  }
}

const pending = new WeakMap<NodeHost, Promise<void>>();

/** Device plugins change together: their new numbers go into one status. */
function queueStatus(setup: KubeletSetup): void {
  const { component, node, kubernetesVersion } = setup;
  if (pending.has(node)) return;
  const write = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    pending.delete(node);
    const { capacity, allocatable } = nodeStatus(node, kubernetesVersion, component.clock.now());
    const path = pathTo(RESOURCES.nodes, undefined, node.name, 'status');
    await component.rest.patch(path, 'strategic', { status: { capacity, allocatable } }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      void component.clock.sleep(200 * component.clock.pace, component.signal).then(() => {
        if (!component.signal.aborted) queueStatus(setup);
      });
    });
  };
  const written = write();
  pending.set(node, written);
  component.tasks.track(written);
}

async function keepLease({ component, node, kubernetesVersion }: KubeletSetup): Promise<void> {
  const { rest, clock, signal } = component;
  const path = pathTo(RESOURCES.leases, 'kube-node-lease', node.name);
  while (!signal.aborted) {
    const renewTime = microTime(clock.now());
    try {
      const lease = await rest.find(path);
      if (lease === undefined) {
        const owner = await rest.get(pathTo(RESOURCES.nodes, undefined, node.name));
        const { name, uid } = owner.metadata;
        await rest.create(pathTo(RESOURCES.leases, 'kube-node-lease'), {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: {
            name: node.name,
            namespace: 'kube-node-lease',
            ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
          },
          spec: { holderIdentity: node.name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
        });
      } else {
        await rest.patch(path, 'merge', { spec: { renewTime } });
        const { conditions } = nodeStatus(node, kubernetesVersion, clock.now());
        const beats = conditions.map(({ type }) => ({ type, lastHeartbeatTime: timestamp(clock.now()) }));
        await rest.patch(pathTo(RESOURCES.nodes, undefined, node.name, 'status'), 'strategic', {
          status: { conditions: beats },
        });
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    await clock.sleep(LEASE_EVERY_MS * clock.pace, signal);
  }
}

function followPods(setup: KubeletSetup, workers: Map<string, PodWorker>): void {
  const { component, node } = setup;
  const pods = component.informer<Pod>(`${pathTo(RESOURCES.pods)}?fieldSelector=spec.nodeName%3D${node.name}`);
  const addresses = new Addresses(node.address);
  pods.onChange(({ object: pod, deleted }) => {
    const uid = pod.metadata.uid ?? '';
    const worker = workers.get(uid);
    if (deleted) {
      worker?.kill();
      workers.delete(uid);
      addresses.free(uid);
    } else if (worker !== undefined) worker.update(pod);
    else if (!component.signal.aborted) {
      const fresh = new PodWorker(
        {
          component,
          node,
          runtimeName: setup.node.profile.containerRuntime.split(':')[0] ?? 'cri-o',
          programOf: (image) => setup.programs[programName(image)],
          podIP: (each) => (each.spec.hostNetwork === true ? node.address : addresses.of(each.metadata.uid ?? '')),
          context: () => ({ as: setup.as, network: setup.network, tasks: component.tasks }),
        },
        pod,
      );
      workers.set(uid, fresh);
      component.tasks.run(() => fresh.run());
    }
  });
  component.signal.addEventListener(
    'abort',
    () => {
      for (const worker of workers.values()) worker.kill();
    },
    { once: true },
  );
}

/** Pod addresses of the node's range, in turn. */
class Addresses {
  readonly #host: string;
  readonly #taken = new Map<string, string>();
  #next = 2;

  constructor(host: string) {
    this.#host = host;
  }

  of(uid: string): string {
    const known = this.#taken.get(uid);
    if (known !== undefined) return known;
    const inUse = new Set(this.#taken.values());
    for (let tries = 0; tries < 253; tries += 1) {
      const address = `10.244.0.${this.#next}`;
      this.#next = this.#next >= 254 ? 2 : this.#next + 1;
      if (inUse.has(address)) continue;
      this.#taken.set(uid, address);
      return address;
    }
    return this.#host;
  }

  free(uid: string): void {
    this.#taken.delete(uid);
  }
}

function serveKubelet(workers: ReadonlyMap<string, PodWorker>, { node, component }: KubeletSetup): Kubelet {
  const { clock } = component;
  const { kernel } = node.profile;
  const find = (pod: Loose | Pod, name: string) => {
    const container = workers.get(pod.metadata.uid ?? '')?.container(name);
    if (container === undefined) throw new Error(`container ${name} in pod ${pod.metadata.name} is not found`);
    return container;
  };
  return {
    logs: (pod, name, { previous, ...query }) => {
      const container = find(pod, name);
      if (!previous) return container.log.read(query);
      if (container.previousLog === undefined)
        throw new Error(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`);
      return container.previousLog.read({ ...query, follow: false });
    },
    exec: (pod, name, command) => {
      const container = find(pod, name);
      if (!container.running) throw new Error(`container not found ("${name}")`);
      const plain = containerShell({ hostname: pod.metadata.name ?? '', kernel, clock, user: 'root' });
      return startExec(container.exec ?? plain, command, container.ended);
    },
  };
}

/** Waits until the node exists; for those who start beside the kubelet. */
export async function untilRegistered(component: Component, name: string): Promise<void> {
  const nodes = component.informer(pathTo(RESOURCES.nodes));
  const seen = new Promise<void>((resolve) => {
    nodes.onChange(({ object }) => {
      if (object.metadata.name === name) resolve();
    });
  });
  await untilAborted(seen, component.signal);
}
