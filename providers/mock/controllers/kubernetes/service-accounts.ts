import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import type { Loose } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { Refusal } from '../rest.ts';

/** `publisher` may write ConfigMaps. Gives each namespace its `default` ServiceAccount and the ConfigMap with the cluster's CA. */
export function startServiceAccounts(component: Component, publisher: Component, clusterCa: string): void {
  const namespaces = component.informer<Loose>(pathTo(RESOURCES.namespaces));
  const accounts = component.informer<Loose>(
    `${pathTo(RESOURCES.serviceAccounts)}?fieldSelector=metadata.name%3Ddefault`,
  );
  const maps = component.informer<Loose>(
    `${pathTo(RESOURCES.configMaps)}?fieldSelector=metadata.name%3Dkube-root-ca.crt`,
  );
  const loop = component.loop([namespaces, accounts, maps], async (name) => {
    const namespace = namespaces.get(name);
    if (namespace === undefined || namespace.status?.phase === 'Terminating') return;
    if (accounts.get(`${name}/default`) === undefined)
      await create(component, pathTo(RESOURCES.serviceAccounts, name), {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: name },
      });
    if (maps.get(`${name}/kube-root-ca.crt`) === undefined)
      await create(publisher, pathTo(RESOURCES.configMaps, name), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'kube-root-ca.crt',
          namespace: name,
          annotations: { 'kubernetes.io/description': DESCRIPTION },
        },
        data: { 'ca.crt': clusterCa },
      });
  });
  trigger(namespaces, loop);
  trigger(accounts, loop, (account) => [account.metadata.namespace ?? '']);
  trigger(maps, loop, (map) => [map.metadata.namespace ?? '']);

  async function create({ rest }: Component, path: string, body: unknown): Promise<void> {
    await rest.create(path, body).catch((error: unknown) => {
      if (!(error instanceof Refusal) || error.status !== 409) throw error;
    });
  }
}

const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';
