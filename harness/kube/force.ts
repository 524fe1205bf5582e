import type { Scope } from '../scope/scope.ts';
import type { KubeClient } from './client.ts';
import { isRefusal } from './errors.ts';
import { type Found, nameOf } from './find-left.ts';

/** Kubernetes itself is there to take these off, and leaves a mess behind when somebody else does. */
const KUBERNETES_OWN = /(^|[./])(k8s\.io|kubernetes\.io)(\/|$)|^(foregroundDeletion|orphan|kubernetes)$/;

/**
 * The last resort for objects of ours that are being deleted and do not go: takes their finalizers off, so that nobody
 * cleans up after them any more. Each is told, by name. Objects that are not being deleted are left alone.
 */
export async function takeFinalizersOff(scope: Scope, client: KubeClient, stuck: readonly Found[]): Promise<void> {
  for (const each of stuck) {
    const { metadata } = each.object;
    const { finalizers = [], deletionTimestamp, uid } = metadata;
    const broken = finalizers.filter((finalizer) => !KUBERNETES_OWN.test(finalizer));
    if (broken.length === 0 || deletionTimestamp === undefined) continue;
    const kept = finalizers.filter((finalizer) => KUBERNETES_OWN.test(finalizer));
    const patch = { metadata: { ...(uid === undefined ? {} : { uid }), finalizers: kept } };
    try {
      await client.patch(each.path, patch, { type: 'merge', signal: scope.signal });
    } catch (error) {
      // Gone by itself, or another object stands in its place.
      if (!isRefusal(error, 404, 409)) throw error;
      continue;
    }
    const sentence = `finalizers ${broken.join(', ')} of ${nameOf(each)} were taken off by force`;
    scope.log.info(sentence);
    scope.emit({ type: 'traces', traces: { forced: [sentence] } });
  }
}
