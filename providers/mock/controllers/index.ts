import { setMaxListeners } from 'node:events';
import type { NetworkSwitch } from '../api/backends.ts';
import type { Clock } from '../clock.ts';
import { NODE_ADDRESS } from '../node-address.ts';
import type { HostProfile } from '../physics/host.ts';
import type { Director } from '../scenario/director.ts';
import { type Component, component } from './component.ts';
import { DevicePlugins } from './kubelet/device-plugins.ts';
import { startKubelet } from './kubelet/kubelet.ts';
import type { NodeHost, Program } from './kubelet/program.ts';
import { KUBERNETES_CONTROLLERS } from './kubernetes/start.ts';
import { kubevirtPrograms } from './kubevirt/programs.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import type { KubeApiAs } from './seam.ts';
import { Tasks } from './tasks.ts';

export interface ControllersSetup {
  readonly as: KubeApiAs;
  readonly network: NetworkSwitch;
  readonly clock: Clock;
  readonly director: Director;
  readonly profile: HostProfile;
  /** e.g. `v1.34.4`. */
  readonly kubernetesVersion: string;
  /** PEM for the ConfigMap kube-root-ca.crt. */
  readonly clusterCa?: string;
  /**
   * Names of what something else takes care of: namespace, garbage-collector, service-account,
   * cluster-role-aggregation, node-lifecycle, taint-eviction, deployment, replicaset, daemonset, job, disruption,
   * endpoints, scheduler, kubelet, and the programs
   * virt-operator, virt-api, virt-controller, virt-handler, virt-launcher (their pods then just run).
   */
  readonly leaveOut?: readonly string[];
  readonly signal: AbortSignal;
  /** Programs for other images, by the last part of the image's name. */
  readonly programs?: Readonly<Record<string, Program>>;
}

export interface Controllers {
  /** Settles when the node is registered and everything listens. */
  readonly ready: Promise<void>;
  /** Ends everything; when it settles nothing runs any more. */
  stop(): Promise<void>;
  /** Bugs of the simulator that were met on the way: a test asks for none. */
  readonly failures: readonly Error[];
}

/** Starts the simulated node and all controllers of the cluster. */
export function startControllers(setup: ControllersSetup): Controllers {
  const life = new AbortController();
  const signal = AbortSignal.any([setup.signal, life.signal]);
  // Every loop, wait and container listens for the end.
  setMaxListeners(0, signal);
  const tasks = new Tasks();
  const { director } = setup;
  const leftOut = new Set(setup.leaveOut ?? []);
  const absent = (name: string) => leftOut.has(name) || director.controller(name).behaviour === 'absent';
  const componentOf = (name: string, username: string, eventSource = name): Component =>
    component({ ...setup, name, username, eventSource, signal, tasks });
  /** Behind a delay that the scenario may ask for. */
  const start = (name: string, work: () => void | Promise<void>) => {
    if (absent(name) || director.controller(name).behaviour === 'never-ready') return Promise.resolve();
    const delayMs = director.controller(name).delayMs ?? 0;
    const started = async () => {
      if (delayMs > 0) await setup.clock.sleep(delayMs, signal);
      if (!signal.aborted) await work();
    };
    const running = started();
    tasks.track(running);
    return running;
  };

  const manager = componentOf('kube-controller-manager', 'system:kube-controller-manager');
  const as = (account: string): Component => ({
    ...componentOf(account, `system:serviceaccount:kube-system:${account}`),
    informer: manager.informer,
  });
  const started = Object.entries(KUBERNETES_CONTROLLERS).map(([name, run]) =>
    start(name, () => run({ as, clusterCa: setup.clusterCa ?? '' })),
  );
  const scheduler = componentOf('default-scheduler', 'system:kube-scheduler');
  started.push(start('scheduler', () => startScheduler(scheduler, minorOf(setup.kubernetesVersion))));
  const node = nodeHost(director.host(setup.profile));
  const kubelet = componentOf('kubelet', `system:node:${node.name}`);
  const programs = { ...kubevirtPrograms(), ...setup.programs };
  for (const name of leftOut) delete programs[name];
  started.push(start('kubelet', () => startKubelet({ ...setup, component: kubelet, node, programs })));
  return {
    ready: Promise.all(started).then(() => {}),
    failures: tasks.failures,
    async stop() {
      life.abort();
      await tasks.done();
    },
  };
}

function nodeHost(profile: HostProfile): NodeHost {
  return { name: profile.hostname, address: NODE_ADDRESS, profile, devices: new DevicePlugins() };
}

function minorOf(version: string): number {
  return Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}
