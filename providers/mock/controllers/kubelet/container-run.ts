import { createHash, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { untilStopped } from '../../clock.ts';
import type { Component } from '../component.ts';
import { type Container, type ContainerState, type ContainerStatus, type Pod, timestamp } from '../kinds.ts';
import { LogBuffer } from './log-buffer.ts';
import { plainProgram } from './plain-program.ts';
import {
  type ExecHandler,
  type ImageReference,
  imageId,
  type Program,
  type ProgramContext,
  parseImage,
} from './program.ts';

/** What a container needs of its pod and node. */
export interface ContainerHome {
  readonly component: Component;
  readonly pod: Pod;
  readonly runtimeName: string;
  /** Undefined: an image that the simulator knows nothing about. */
  readonly program: Program | undefined;
  /** The parts of a program's context that the pod supplies. */
  context(
    container: Container,
    image: ImageReference,
  ): Omit<ProgramContext, 'signal' | 'killed' | 'log' | 'write' | 'ready' | 'onExec'>;
  /** It has to end before the pod's real containers start. */
  readonly isInit: boolean;
  /** Its status has changed. */
  changed(): void;
}

/** Pulling an image that the node has not, and starting a container. */
const PULL_MS = 600;
const START_MS = 200;
const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 300_000;

/** One container of a pod: its program, its state, its log. */
export class ContainerRun {
  readonly spec: Container;
  readonly #home: ContainerHome;
  readonly #image: ImageReference;
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  #state: ContainerState = { waiting: { reason: 'PodInitializing' } };
  #lastState: ContainerState = {};
  #ready = false;
  #restarts = 0;
  #containerId: string | undefined;
  #startedAt = '';
  #exec: ExecHandler | undefined;
  log: LogBuffer;
  previousLog: LogBuffer | undefined;

  constructor(spec: Container, home: ContainerHome) {
    this.spec = spec;
    this.#home = home;
    this.log = this.#newLog();
    setMaxListeners(0, this.#stop.signal, this.#kill.signal);
    this.#image = parseImage(spec.image);
    if (home.pod.spec.initContainers === undefined) this.#state = { waiting: { reason: 'ContainerCreating' } };
  }

  get status(): ContainerStatus {
    return {
      name: this.spec.name,
      state: this.#state,
      lastState: this.#lastState,
      ready: this.#ready,
      restartCount: this.#restarts,
      image: this.spec.image,
      imageID: this.#containerId === undefined ? '' : imageId(this.spec.image),
      ...(this.#containerId === undefined ? {} : { containerID: this.#containerId }),
      started: this.#state.running !== undefined,
    };
  }

  get running(): boolean {
    return this.#state.running !== undefined;
  }

  /** How the program answers execs, while it runs. */
  get exec(): ExecHandler | undefined {
    return this.#exec;
  }

  get ended(): AbortSignal {
    return this.#stop.signal;
  }

  /** Runs the container as often as the policy says. Settles with the last exit code, or undefined when it was never started. */
  async run(policy: 'Always' | 'OnFailure' | 'Never', started: () => void = () => {}): Promise<number | undefined> {
    let backoffMs = FIRST_BACKOFF_MS;
    for (;;) {
      if (!(await this.#pull())) return undefined;
      const code = await this.#once(policy, started);
      if (this.#stop.signal.aborted || policy === 'Never' || (policy === 'OnFailure' && code === 0)) return code;
      await this.#backOff(backoffMs);
      if (this.#stop.signal.aborted) return code;
      backoffMs = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2);
      this.#restarts += 1;
    }
  }

  /** SIGTERM. */
  stop(): void {
    this.#stop.abort();
  }

  /** SIGKILL. */
  kill(): void {
    this.#stop.abort();
    this.#kill.abort();
  }

  #newLog(): LogBuffer {
    return new LogBuffer(() => this.#home.component.clock.now());
  }

  async #pull(): Promise<boolean> {
    const { component, pod } = this.#home;
    const image = this.spec.image;
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      await component.clock.sleep(PULL_MS, this.#stop.signal);
      if (this.#stop.signal.aborted) break;
      if (component.director.controller(this.#image.name, this.#image.tag).behaviour !== 'image-pull-fails') {
        void component.events.say(pod, 'Normal', 'Pulled', `Container image "${image}" already present on machine`);
        return true;
      }
      const why = `reading manifest ${this.#image.tag} in ${image.split(':')[0]}: manifest unknown`;
      const error = `initializing source docker://${image}: ${why}`;
      this.#wait(
        attempt % 2 === 0 ? 'ErrImagePull' : 'ImagePullBackOff',
        attempt % 2 === 0 ? error : `Back-off pulling image "${image}": ErrImagePull: ${error}`,
      );
      void component.events.say(pod, 'Warning', 'Failed', `Failed to pull image "${image}": ${error}`);
      void component.events.say(pod, 'Warning', 'Failed', 'Error: ErrImagePull');
      await component.clock.sleep(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt), this.#stop.signal);
    }
    this.#end(137);
    return false;
  }

  async #once(policy: 'Always' | 'OnFailure' | 'Never', started: () => void): Promise<number> {
    const { component, pod } = this.#home;
    await component.clock.sleep(START_MS, this.#stop.signal);
    if (this.#stop.signal.aborted) return this.#end(137);
    this.#containerId = `${this.#home.runtimeName}://${createHash('sha256').update(randomUUID()).digest('hex')}`;
    this.#startedAt = component.now();
    this.#state = { running: { startedAt: this.#startedAt } };
    if (this.#restarts > 0) this.previousLog = this.log;
    if (this.#restarts > 0) this.log = this.#newLog();
    void component.events.say(pod, 'Normal', 'Created', `Created container: ${this.spec.name}`);
    void component.events.say(pod, 'Normal', 'Started', `Started container ${this.spec.name}`);
    const exit = this.#execute(policy);
    started();
    this.#home.changed();
    return this.#end(await exit);
  }

  /** The program's exit code; 137 when it had to be killed. */
  async #execute(policy: 'Always' | 'OnFailure' | 'Never'): Promise<number> {
    const { component, program } = this.#home;
    const script = component.director.controller(this.#image.name, this.#image.tag);
    const alive = { signal: this.#stop.signal, killed: this.#kill.signal };
    if (program !== undefined && script.delayMs !== undefined)
      await component.clock.sleep(script.delayMs, alive.signal);
    if (program !== undefined && script.behaviour === 'crash-loop') {
      await component.clock.sleep(1000, alive.signal);
      this.log.write('panic: runtime error: invalid memory address or nil pointer dereference\n');
      return alive.signal.aborted ? 143 : 2;
    }
    const asleep = program === undefined || script.behaviour === 'never-ready' || script.behaviour === 'absent';
    if (script.behaviour !== 'never-ready' || program === undefined) this.#probe(program !== undefined && !asleep);
    if (asleep && program !== undefined) return await untilStopped(alive.signal).then(() => 0);
    const killed = untilStopped(alive.killed).then(() => 137);
    const run = (program ?? plainProgram(policy, this.#home.isInit))({
      ...this.#home.context(this.spec, this.#image),
      ...alive,
      log: (line) => this.log.write(`${line}\n`),
      write: (text) => this.log.write(text),
      ready: () => this.#becomeReady(),
      onExec: (handler) => {
        this.#exec = handler;
      },
    });
    return await Promise.race([killed, run]);
  }

  /** Without a probe a container is ready as soon as it runs; a program with one says so itself. */
  #probe(byProgram: boolean): void {
    if (this.spec.readinessProbe === undefined) this.#ready = true;
    else if (!byProgram) this.#becomeReady();
  }

  #becomeReady(): void {
    const { component } = this.#home;
    const delayMs = (this.spec.readinessProbe?.initialDelaySeconds ?? 0) * 1000;
    component.tasks.run(async () => {
      await component.clock.sleep(delayMs, this.#stop.signal);
      if (!this.running || this.#stop.signal.aborted || this.#ready) return;
      this.#ready = true;
      this.#home.changed();
    });
  }

  #end(exitCode: number): number {
    const finishedAt = timestamp(this.#home.component.clock.now());
    this.#ready = false;
    this.#exec = undefined;
    this.log.end();
    this.#state = {
      terminated: {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        startedAt: this.#startedAt === '' ? finishedAt : this.#startedAt,
        finishedAt,
        containerID: this.#containerId ?? '',
      },
    };
    this.#home.changed();
    return exitCode;
  }

  async #backOff(ms: number): Promise<void> {
    const { component, pod } = this.#home;
    this.#lastState = this.#state;
    const { name, namespace, uid } = pod.metadata;
    const where = `container=${this.spec.name} pod=${name}_${namespace}(${uid})`;
    this.#wait('CrashLoopBackOff', `back-off ${duration(ms)} restarting failed ${where}`);
    const message = `Back-off restarting failed container ${this.spec.name} in pod ${name}_${namespace}(${uid})`;
    void component.events.say(pod, 'Warning', 'BackOff', message);
    await component.clock.sleep(ms, this.#stop.signal);
  }

  #wait(reason: string, message: string): void {
    this.#state = { waiting: { reason, message } };
    this.#home.changed();
  }
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
