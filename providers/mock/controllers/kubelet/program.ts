import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { NetworkSwitch } from '../../api/backends.ts';
import type { Clock } from '../../clock.ts';
import type { HostProfile } from '../../physics/host.ts';
import type { Director } from '../../scenario/director.ts';
import type { Pod } from '../kinds.ts';
import type { KubeApiAs } from '../seam.ts';
import type { Tasks } from '../tasks.ts';
import type { DevicePlugins } from './device-plugins.ts';

/** An image reference in its parts. */
export interface ImageReference {
  readonly text: string;
  /** Everything before the last part, e.g. `quay.io/kubevirt`. */
  readonly registry: string;
  /** The last part, e.g. `virt-operator`. */
  readonly name: string;
  /** Empty when the reference has a digest or nothing. */
  readonly tag: string;
}

/** The streams of an exec. `signal` aborts when the client has gone or the container ends. */
export interface ExecStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

/** Runs one command in the container and gives its exit code; undefined: no such program here. */
export type ExecHandler = (command: readonly string[], streams: ExecStreams) => Promise<number | undefined>;

/** What a program finds when its container starts. */
export interface ProgramContext {
  readonly pod: Pod;
  /** As the pod has it at this moment, e.g. with later annotations. */
  currentPod(): Pod;
  readonly podIP: string;
  readonly container: string;
  readonly image: ImageReference;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly node: NodeHost;
  readonly as: KubeApiAs;
  /** The identity of the pod's ServiceAccount. */
  readonly username: string;
  readonly network: NetworkSwitch;
  readonly clock: Clock;
  readonly director: Director;
  readonly tasks: Tasks;
  /** Aborts when the program is asked to end (SIGTERM). */
  readonly signal: AbortSignal;
  /** Aborts when it is killed. */
  readonly killed: AbortSignal;
  log(line: string): void;
  /** Raw text for the container's log. */
  write(text: string): void;
  /** From now on the readiness probe answers. */
  ready(): void;
  /** Answers execs in this container beside the ordinary programs. */
  onExec(handler: ExecHandler): void;
}

/** What an image does. Settles with the exit code, soon after the signal aborts. */
export type Program = (context: ProgramContext) => Promise<number>;

/** The machine under the pods. */
export interface NodeHost {
  readonly name: string;
  readonly address: string;
  readonly profile: HostProfile;
  readonly devices: DevicePlugins;
}

/** Takes an image reference apart. */
export function parseImage(text: string): ImageReference {
  const [path = '', digest] = text.split('@');
  const slash = path.lastIndexOf('/');
  const last = path.slice(slash + 1);
  const [name = '', tag = digest === undefined ? 'latest' : ''] = last.split(':');
  return { text, registry: slash < 0 ? '' : path.slice(0, slash), name, tag };
}

/** The digest under which a runtime keeps an image. */
export function imageId(image: string): string {
  const [path = ''] = image.split('@');
  const colon = path.lastIndexOf(':');
  const repository = colon > path.lastIndexOf('/') ? path.slice(0, colon) : path;
  return `${repository}@sha256:${createHash('sha256').update(image).digest('hex')}`;
}
