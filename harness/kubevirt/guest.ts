import { InfraError, ProductFailure } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { isRefusal } from '../kube/errors.ts';
import { execInPod } from '../kube/exec.ts';
import { resourcePath } from '../kube/objects.ts';
import { persist } from '../kube/persist.ts';
import type { GuestSpec } from '../model/guests.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { KubevirtFeeds } from './feeds.ts';
import { guestRuns, guestState } from './guest-state.ts';
import { inOnePiece } from './in-one-piece.ts';
import { type Dialogue, logIn } from './login.ts';
import type { Pod, Vmi } from './objects.ts';
import { type GuestImage, vmiManifest } from './vmi.ts';

/** One guest of the run. Each thing it is asked for is done once; a later ask gets the same answer or the same failure. */
export interface Guest {
  readonly spec: GuestSpec;
  readonly name: string;
  /** Its memory as a Kubernetes quantity. */
  readonly memory: string;
  /** Creates the guest with strict field validation and reads it back: what the API kept, not what was sent. */
  created(signal: AbortSignal): Promise<Vmi>;
  running(signal: AbortSignal): Promise<Vmi>;
  launcherPod(signal: AbortSignal): Promise<Pod>;
  /** The live domain XML, from libvirt in the launcher pod. */
  domainXml(signal: AbortSignal): Promise<string>;
  /** Logs in at the serial console and asks for the kernel's log. */
  kernelLog(signal: AbortSignal): Promise<KernelLog>;
  /** All that its console has said to us so far. */
  readonly transcript: string;
}

/** What the guest's kernel told, and the whole dialogue at the console that led there. */
export interface KernelLog {
  readonly text: string;
  readonly transcript: string;
}

/** What a guest is made with. */
export interface GuestParts {
  readonly scope: Scope;
  readonly client: KubeClient;
  readonly feeds: KubevirtFeeds;
  readonly namespace: string;
  readonly nodeName: string;
  readonly runLabels: Readonly<Record<string, string>>;
  readonly image: GuestImage;
  readonly dialogue: Dialogue;
  readonly bootMs: number;
  /** Asked when it would go: true leaves it up. */
  readonly isKept?: () => boolean;
}

const DELETE_MS = 60_000;
const POD_MS = 30_000;
const ASK_EVERY_MS = 500;
/** From a guest's end to the news of it on the watch. */
const NEWS_MS = 5000;

/** A guest of this kind, not yet created. Its deletion is registered with the scope just before it is. */
export function makeGuest(spec: GuestSpec, parts: GuestParts): Guest {
  const name = spec.kind;
  let transcript = () => '';
  const overhear = (told: () => string) => {
    transcript = told;
  };
  const running = once((signal) => run(spec, parts, signal, created));
  const created = once((signal) => create(spec, parts, signal));
  const launcherPod = once(async (signal) => await findLauncher(await running(signal), parts, signal));
  return {
    spec,
    name,
    memory: parts.image.memory,
    created,
    running,
    launcherPod,
    domainXml: once(async (signal) => {
      const pod = await launcherPod(signal);
      return await whileRunning(spec, parts, signal, readDomainXml(pod, spec, parts, signal));
    }),
    kernelLog: once(async (signal) => {
      await running(signal);
      const read = () => readKernelLog(spec, { ...parts, overhear }, signal);
      return await whileRunning(spec, parts, signal, inOnePiece(spec.name, { ...parts, signal }, read));
    }),
    get transcript() {
      return transcript();
    },
  };
}

async function create(spec: GuestSpec, parts: GuestParts, signal: AbortSignal): Promise<Vmi> {
  const { client, namespace, nodeName, runLabels, image } = parts;
  const manifest = vmiManifest(spec, { name: spec.kind, namespace, nodeName, labels: runLabels }, image);
  const path = resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'virtualmachineinstances', namespace });
  parts.scope.defer(`guest ${spec.kind}`, DELETE_MS, async (_, scope) => {
    if (parts.isKept?.() === true) return;
    const work = () => remove(`${path}/${spec.kind}`, parts, scope);
    await persist(`guest ${spec.kind} taken away`, { scope, client }, work);
  });
  try {
    await client.create(path, manifest, { strict: true, signal });
  } catch (error) {
    // 4xx: the product looked at the object and refused it; anything else is the server's own trouble.
    if (!isRefusal(error, 400, 403, 404, 422)) throw error;
    throw new ProductFailure(`${spec.name}: refused on creation: ${error.said}`, { cause: error });
  }
  return await client.get<Vmi>(`${path}/${spec.kind}`, { signal });
}

async function run(
  spec: GuestSpec,
  parts: GuestParts,
  signal: AbortSignal,
  created: (signal: AbortSignal) => Promise<Vmi>,
): Promise<Vmi> {
  const { metadata } = await created(signal);
  const { vmis, pods } = parts.feeds;
  const limits = {
    scope: parts.scope.narrowed(signal),
    withinMs: parts.bootMs,
    everyMs: parts.bootMs,
    blame: 'product' as const,
    hint: 'read the launcher pod of the guest and virt-handler on the node',
    wake: (notify: () => void) => both(vmis.onChange(notify), pods.onChange(notify)),
  };
  return await until(`${spec.name}: runs`, limits, async () =>
    guestRuns(spec.name, vmis.items.get(`${parts.namespace}/${spec.kind}`), launcherOf(metadata.uid, parts)),
  );
}

async function findLauncher(vmi: Vmi, parts: GuestParts, signal: AbortSignal): Promise<Pod> {
  const limits = {
    scope: parts.scope.narrowed(signal),
    withinMs: POD_MS,
    everyMs: POD_MS,
    blame: 'product' as const,
    wake: (notify: () => void) => parts.feeds.pods.onChange(notify),
  };
  return await until(`launcher pod of ${vmi.metadata.name}`, limits, async () => {
    const pod = launcherOf(vmi.metadata.uid, parts);
    return pod === undefined
      ? { done: false, saw: 'no pod with the label kubevirt.io/created-by of this guest' }
      : { done: true, value: pod };
  });
}

function launcherOf(uid: string, { feeds }: GuestParts): Pod | undefined {
  return [...feeds.pods.items.values()].find((pod) => pod.metadata.labels?.['kubevirt.io/created-by'] === uid);
}

async function readDomainXml(pod: Pod, spec: GuestSpec, parts: GuestParts, signal: AbortSignal): Promise<string> {
  const command = ['virsh', 'dumpxml', `${parts.namespace}_${spec.kind}`];
  const target = {
    namespace: pod.metadata.namespace,
    pod: pod.metadata.name,
    container: 'compute',
    command,
    isRepeatable: true as const,
  };
  const { code, stdout, stderr } = await execInPod(parts.scope.narrowed(signal), parts.client, target);
  if (code === 0) return stdout;
  throw new ProductFailure(
    `${spec.name}: ${command.join(' ')} in pod ${pod.metadata.name} ended with ${code}: ${stderr.trim() || stdout.trim()}`,
  );
}

async function readKernelLog(
  spec: GuestSpec,
  { overhear, ...parts }: GuestParts & { readonly overhear: (transcript: () => string) => void },
  signal: AbortSignal,
): Promise<KernelLog> {
  const place = { namespace: parts.namespace, name: spec.kind, guest: spec.name, overhear };
  const session = await logIn(parts.scope.narrowed(signal), parts.client, place, parts.dialogue);
  try {
    const text = await session.run(parts.dialogue.kernelLogCommand);
    return { text, transcript: session.transcript };
  } finally {
    await session.close();
  }
}

/**
 * Work on a running guest. A console or exec that breaks because the guest ended under it tells of the connection only:
 * that the guest ended is what happened.
 */
async function whileRunning<T>(spec: GuestSpec, parts: GuestParts, signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted || !(error instanceof InfraError)) throw error;
    throw (await ended(spec, parts, { signal, cause: error })) ?? error;
  }
}

/** The guest's end as an error, undefined when it still runs after the moment that news of an end may take. */
async function ended(
  { kind, name }: GuestSpec,
  { scope, feeds, namespace }: GuestParts,
  { signal, cause }: { readonly signal: AbortSignal; readonly cause: unknown },
): Promise<Error | undefined> {
  const look = () => feeds.vmis.items.get(`${namespace}/${kind}`);
  const wake = feeds.vmis.onChange;
  const limits = { scope: scope.narrowed(signal), withinMs: NEWS_MS, everyMs: NEWS_MS, blame: 'infra' as const, wake };
  const isOver = await until(`${name}: ends`, limits, async () =>
    look()?.status?.phase === 'Running' && look()?.metadata.deletionTimestamp === undefined
      ? { done: false, saw: 'it runs' }
      : { done: true, value: true },
  ).catch(() => false);
  signal.throwIfAborted();
  if (!isOver) return undefined;
  const vmi = look();
  if (vmi === undefined || vmi.metadata.deletionTimestamp !== undefined)
    return new InfraError(`${name}: somebody deleted it while it was looked at`, { cause });
  const hint = 'read the launcher pod of the guest and virt-handler on the node';
  return new ProductFailure(`${name}: ended while it was looked at; ${guestState(vmi, undefined)}`, { cause, hint });
}

/** Deletes the guest and waits until it is gone: its ASID and memory are free only then. */
async function remove(path: string, parts: GuestParts, scope: Scope): Promise<void> {
  const { client, feeds, namespace } = parts;
  const { signal } = scope;
  const name = path.slice(path.lastIndexOf('/') + 1);
  // A feed that ended with the run tells nothing but why it ended.
  const known = feeds.vmis.isLive ? feeds.vmis.items.get(`${namespace}/${name}`) : undefined;
  const uid = known?.metadata.uid;
  if (!(await client.delete(path, { signal, ...(uid === undefined ? {} : { preconditions: { uid } }) }))) return;
  const limits = {
    scope,
    withinMs: DELETE_MS,
    everyMs: feeds.vmis.isLive ? DELETE_MS : ASK_EVERY_MS,
    blame: 'infra' as const,
    wake: feeds.vmis.onChange,
  };
  await until(`guest ${name} gone`, limits, async (own) => {
    // The feed ends with the run: an undo after an early end has to ask the server.
    const fed = feeds.vmis.isLive;
    const vmi = fed ? feeds.vmis.items.get(`${namespace}/${name}`) : await client.find<Vmi>(path, { signal: own });
    return vmi === undefined ? { done: true, value: undefined } : { done: false, saw: `phase=${vmi.status?.phase}` };
  });
}

function once<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let begun: Promise<T> | undefined;
  return (signal) => {
    begun ??= work(signal);
    return begun;
  };
}

function both(stopOne: () => void, stopOther: () => void): () => void {
  return () => {
    stopOne();
    stopOther();
  };
}
