import { type Component, grace } from '../component.ts';
import type { Container, Pod } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { Refusal } from '../rest.ts';
import { ContainerRun } from './container-run.ts';
import { podStatus } from './pod-status.ts';
import { type NodeHost, type Program, type ProgramContext, parseImage } from './program.ts';

/** What a pod needs of its node. */
export interface PodHome {
  readonly component: Component;
  readonly node: NodeHost;
  readonly runtimeName: string;
  programOf(image: string): Program | undefined;
  podIP(pod: Pod): string;
  context(pod: () => Pod): Pick<ProgramContext, 'as' | 'network' | 'tasks'>;
}

const SANDBOX_MS = 500;

/** Carries one pod from its binding to its end. */
export class PodWorker {
  readonly #home: PodHome;
  #pod: Pod;
  readonly #inits: readonly ContainerRun[];
  readonly #mains: readonly ContainerRun[];
  readonly #startTime: string;
  #sandbox: { readonly podIP: string; readonly hostIP: string } | undefined;
  readonly #asked = new AbortController();
  #publishing: Promise<void> = Promise.resolve();
  #dirty = false;
  #published = '';
  #finished = false;
  #gone = false;

  constructor(home: PodHome, pod: Pod) {
    this.#home = home;
    this.#pod = pod;
    this.#startTime = home.component.now();
    this.#inits = (pod.spec.initContainers ?? []).map((spec) => this.#container(spec, spec.restartPolicy !== 'Always'));
    this.#mains = pod.spec.containers.map((spec) => this.#container(spec, false));
  }

  get pod(): Pod {
    return this.#pod;
  }

  container(name: string): ContainerRun | undefined {
    return [...this.#mains, ...this.#inits].find(({ spec }) => spec.name === name);
  }

  /** The pod has changed: a deletion begins the end, a readiness gate may have opened. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#asked.abort();
    if (pod.spec.readinessGates !== undefined && !this.#finished) this.#changed();
  }

  /** The pod is gone from the API, or the node goes down: nothing may go on. */
  kill(): void {
    this.#gone = true;
    this.#asked.abort();
    for (const container of [...this.#mains, ...this.#inits]) container.kill();
  }

  async run(): Promise<void> {
    const { component } = this.#home;
    const signal = this.#asked.signal;
    if (this.#pod.metadata.deletionTimestamp === undefined) {
      this.#changed();
      await component.clock.sleep(SANDBOX_MS, signal);
    }
    if (!signal.aborted) {
      this.#sandbox = { podIP: this.#home.podIP(this.#pod), hostIP: this.#home.node.address };
      await this.#runContainers();
    }
    this.#finished = this.#pod.metadata.deletionTimestamp === undefined;
    await this.#publish();
    if (!signal.aborted) await this.#untilDeleted();
    await this.#remove();
  }

  async #runContainers(): Promise<void> {
    const stopping = this.#stopWhenAsked();
    const sidecars: Promise<unknown>[] = [];
    const initialized = await this.#initialize(sidecars);
    if (initialized && !this.#asked.signal.aborted) {
      const policy = this.#policy();
      await Promise.all(this.#mains.map((main) => main.run(policy)));
    }
    for (const container of this.#inits) container.stop();
    this.#over.abort();
    await Promise.all([...sidecars, stopping]);
  }

  /** Settles when all mains have ended, so that nothing waits for an ask that never comes. */
  readonly #over = new AbortController();

  /** Init containers one after the other; a sidecar counts when it has started. */
  async #initialize(sidecars: Promise<unknown>[]): Promise<boolean> {
    const policy = this.#policy();
    for (const container of this.#inits) {
      if (this.#asked.signal.aborted) return false;
      if (container.spec.restartPolicy === 'Always') {
        await new Promise<void>((started) => {
          sidecars.push(container.run('Always', started).finally(started));
        });
        continue;
      }
      const code = await container.run(policy === 'Never' ? 'Never' : 'OnFailure');
      if (code !== 0) return false;
    }
    return true;
  }

  #policy(): 'Always' | 'OnFailure' | 'Never' {
    return (this.#pod.spec.restartPolicy ?? 'Always') as 'Always' | 'OnFailure' | 'Never';
  }

  /** SIGTERM to all when the pod is to go, SIGKILL when its grace is over. */
  async #stopWhenAsked(): Promise<void> {
    const { clock } = this.#home.component;
    const either = AbortSignal.any([this.#asked.signal, this.#over.signal]);
    await new Promise<void>((resolve) => {
      if (either.aborted) return resolve();
      either.addEventListener('abort', () => resolve(), { once: true });
    });
    if (!this.#asked.signal.aborted) return;
    for (const container of this.#mains) container.stop();
    // Init containers that are being run have to end as well; sidecars outlive the mains.
    for (const container of this.#inits) if (container.spec.restartPolicy !== 'Always') container.stop();
    const seconds = this.#pod.metadata.deletionGracePeriodSeconds ?? 30;
    await grace(clock, seconds, this.#over.signal);
    for (const container of [...this.#mains, ...this.#inits]) if (!this.#over.signal.aborted) container.kill();
  }

  async #untilDeleted(): Promise<void> {
    const { signal } = this.#asked;
    await new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** The last word to the API server: this pod may go now. */
  async #remove(): Promise<void> {
    if (this.#gone) return;
    const { namespace, name, uid } = this.#pod.metadata;
    const { rest, clock, signal } = this.#home.component;
    while (!signal.aborted) {
      try {
        const preconditions = { uid: uid ?? '' };
        await rest.remove(pathTo(RESOURCES.pods, namespace, name), { gracePeriodSeconds: 0, preconditions });
        return;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await clock.sleep(100 * clock.pace, signal);
      }
    }
  }

  #changed(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    // Several containers that change together make one status.
    setImmediate(() => void this.#publish());
  }

  #publish(): Promise<void> {
    this.#dirty = false;
    this.#publishing = this.#publishing
      .then(() => this.#write())
      .catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        const { clock, signal } = this.#home.component;
        if (error.status !== 404) void clock.sleep(50 * clock.pace, signal).then(() => this.#changed());
      });
    return this.#publishing;
  }

  async #write(): Promise<void> {
    if (this.#gone) return;
    const { component } = this.#home;
    const status = podStatus({
      pod: this.#pod,
      inits: this.#inits,
      mains: this.#mains,
      sandbox: this.#sandbox,
      startTime: this.#startTime,
      now: component.now(),
    });
    const text = JSON.stringify(status);
    if (text === this.#published) return;
    const { namespace, name, uid } = this.#pod.metadata;
    const path = pathTo(RESOURCES.pods, namespace, name, 'status');
    const pod = await component.rest.patch<Pod>(path, 'strategic', { metadata: { uid }, status });
    this.#published = text;
    // The next status is computed from conditions as they are now, also before the watch tells.
    if (Number(pod.metadata.resourceVersion) > Number(this.#pod.metadata.resourceVersion)) this.update(pod);
  }

  #container(spec: Container, isInit: boolean): ContainerRun {
    const home = this.#home;
    return new ContainerRun(spec, {
      component: home.component,
      pod: this.#pod,
      isInit,
      runtimeName: home.runtimeName,
      program: home.programOf(spec.image),
      context: (container, image) => ({
        ...home.context(() => this.#pod),
        pod: this.#pod,
        currentPod: () => this.#pod,
        podIP: this.#sandbox?.podIP ?? '',
        container: container.name,
        image,
        args: [...(container.command ?? []), ...(container.args ?? [])],
        env: this.#environment(container),
        node: home.node,
        username: `system:serviceaccount:${this.#pod.metadata.namespace}:${this.#pod.spec.serviceAccountName ?? 'default'}`,
        clock: home.component.clock,
        director: home.component.director,
      }),
      changed: () => this.#changed(),
    });
  }

  #environment(container: Container): Readonly<Record<string, string>> {
    const fields: Readonly<Record<string, string | undefined>> = {
      'metadata.name': this.#pod.metadata.name,
      'metadata.namespace': this.#pod.metadata.namespace,
      'spec.nodeName': this.#home.node.name,
      'status.podIP': this.#sandbox?.podIP,
      'status.hostIP': this.#home.node.address,
    };
    const values = (container.env ?? []).map(({ name, value, valueFrom }) => {
      const reference = valueFrom as { readonly fieldRef?: { readonly fieldPath: string } } | undefined;
      const path = reference?.fieldRef?.fieldPath ?? '';
      const annotation = /^metadata\.annotations\['(.+)'\]$/.exec(path)?.[1];
      const field = annotation === undefined ? fields[path] : this.#pod.metadata.annotations?.[annotation];
      return [name, value ?? field ?? ''] as const;
    });
    return Object.fromEntries(values);
  }
}

/** The name under which an image's program is known. */
export function programName(image: string): string {
  return parseImage(image).name;
}
