import { createHash } from 'node:crypto';
import type { KubeObject } from '../../api/objects.ts';
import { canonical } from '../canonical.ts';
import type { Component } from '../component.ts';
import type { Informer } from '../informer.ts';
import { hasCondition, type Pod, type PodTemplate } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { Refusal } from '../rest.ts';

/** The pods that this object controls. */
export function podsOf(owner: KubeObject, pods: Informer<Pod>): readonly Pod[] {
  return pods.list().filter((pod) => controllerOf(pod)?.uid === owner.metadata.uid);
}

/** The owner that controls the object. */
export function controllerOf(object: KubeObject) {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** Keys of the controlling owner of this kind: for wiring what is owned to its owner's loop. */
export function controllerKeys(kind: string): (object: KubeObject) => readonly string[] {
  return (object) => {
    const owner = controllerOf(object);
    return owner?.kind === kind ? [`${object.metadata.namespace}/${owner.name}`] : [];
  };
}

/** An ownerReference that controls and blocks its owner's foreground deletion. */
export function controlledBy(owner: KubeObject) {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

export function isReady(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && hasCondition(pod.status?.conditions, 'Ready');
}

export interface NewPod {
  readonly namePrefix: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Creates one pod from a template, tells of it in an event and in the informer. */
export async function createPod(
  component: Component,
  pods: Informer<Pod>,
  owner: KubeObject & { readonly spec: { readonly template: PodTemplate } },
  { namePrefix, labels, spec }: NewPod,
): Promise<void> {
  const { template } = owner.spec;
  const namespace = owner.metadata.namespace ?? '';
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: namePrefix,
      namespace,
      labels: { ...template.metadata?.labels, ...labels },
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ...(template.metadata?.finalizers === undefined ? {} : { finalizers: template.metadata.finalizers }),
      ownerReferences: [controlledBy(owner)],
    },
    spec: { ...template.spec, ...spec },
  };
  try {
    const pod = await component.rest.create<Pod>(pathTo(RESOURCES.pods, namespace), body);
    pods.observe(pod);
    void component.events.say(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  } catch (error) {
    if (error instanceof Refusal)
      void component.events.say(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    throw error;
  }
}

/** Deletes one pod that `owner` controls. */
export async function deletePod(component: Component, owner: KubeObject, pod: Pod): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  await component.rest.remove(pathTo(RESOURCES.pods, namespace, name), { preconditions: { uid: uid ?? '' } });
  void component.events.say(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
}

const HASH_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** A short hash of a template in the letters that Kubernetes uses for generated names. */
export function templateHash(template: unknown, length = 10): string {
  const digest = createHash('sha256').update(canonical(template)).digest();
  return [...digest.subarray(0, length)].map((byte) => HASH_LETTERS[byte % HASH_LETTERS.length]).join('');
}

/** Writes a status unless it says the same already. Fields that the new one leaves out are kept; null takes one away. */
export async function putStatus(
  component: Component,
  path: string,
  object: KubeObject,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const before = (object.status ?? {}) as Readonly<Record<string, unknown>>;
  const merged = Object.entries({ ...before, ...fields }).filter(([, value]) => value !== null && value !== undefined);
  const status = Object.fromEntries(merged);
  if (canonical(before) === canonical(status)) return;
  await component.rest.replace(path, { ...object, status });
}
