import type { Cluster } from '../admission/context.ts';
import type { Json } from '../config.ts';
import type { Matcher, Vm } from '../model/vm.ts';

/** The specs that a VM's matchers name: undefined where none is named, or none found. */
export interface Referenced {
  readonly instancetype: Json | undefined;
  readonly preference: Json | undefined;
}

/** Looks up what a VM refers to: the revision that it is bound to, else the object itself. Source: pkg/instancetype/find. */
export async function findReferenced(vm: Vm, cluster: Cluster): Promise<Referenced> {
  const namespace = vm.metadata.namespace ?? '';
  return {
    instancetype: await find(vm.spec.instancetype, { kind: 'instancetype', namespace, cluster }),
    preference: await find(vm.spec.preference, { kind: 'preference', namespace, cluster }),
  };
}

interface Place {
  readonly kind: 'instancetype' | 'preference';
  readonly namespace: string;
  readonly cluster: Cluster;
}

async function find(matcher: Matcher | undefined, { kind, namespace, cluster }: Place): Promise<Json | undefined> {
  if (matcher === undefined) return undefined;
  if (matcher.revisionName) {
    const revision = await cluster.get(
      `/apis/apps/v1/namespaces/${namespace}/controllerrevisions/${matcher.revisionName}`,
    );
    return (revision?.data as Json | undefined)?.spec as Json | undefined;
  }
  const base = '/apis/instancetype.kubevirt.io/v1beta1';
  const named = (matcher.kind ?? '').toLowerCase();
  const clusterWide = named === '' || named.startsWith('virtualmachinecluster');
  const path = clusterWide
    ? `${base}/virtualmachinecluster${kind}s/${matcher.name}`
    : `${base}/namespaces/${namespace}/virtualmachine${kind}s/${matcher.name}`;
  return (await cluster.get(path))?.spec as Json | undefined;
}
