import type { KubeClient } from './client.ts';
import { type Found, findLeft, runOf } from './find-left.ts';
import { type Kind, SWEEP_KINDS } from './sweep-kinds.ts';

/** What people put into a namespace. Sorts that whole clusters share have no namespace, and are never in one. */
const KINDS: readonly Kind[] = [...SWEEP_KINDS.workloads, ...SWEEP_KINDS.operator].filter(({ plural }) =>
  /^(jobs|pods|persistentvolumeclaims|deployments|daemonsets|services|configmaps|secrets|serviceaccounts)$/.test(
    plural,
  ),
);
/** Kubernetes and OpenShift put these into each namespace. */
const IN_EACH =
  /^(kube-root-ca\.crt|openshift-service-ca\.crt|default|builder|deployer)$|-(dockercfg|token)-[a-z0-9]+$/;
const MANAGED_BY = /^(virt-operator|kubevirt)/;

/** Objects in the namespace that neither a run, nor KubeVirt, nor Kubernetes made; those with an owner go by it. */
export async function findOthersObjects(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const all = await findLeft(client, KINDS, { signal, selector: '' });
  return all.filter(({ object }) => {
    const { namespace: home, name = '', labels = {}, ownerReferences = [] } = object.metadata;
    if (home !== namespace || runOf(object) !== '' || ownerReferences.length > 0 || IN_EACH.test(name)) return false;
    return !MANAGED_BY.test(labels['app.kubernetes.io/managed-by'] ?? '') && !('kubevirt.io' in labels);
  });
}
