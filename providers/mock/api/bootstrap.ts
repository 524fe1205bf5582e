import { type Core, timestamp } from './core.ts';

/** Puts in place what a new cluster has before anybody has asked for anything. */
export function bootstrap(core: Core): void {
  for (const name of ['kube-system', 'kube-public', 'default', 'kube-node-lease']) {
    core.store.create(
      { resource: 'namespaces', namespace: '', name },
      {
        kind: 'Namespace',
        apiVersion: 'v1',
        metadata: {
          name,
          uid: crypto.randomUUID(),
          creationTimestamp: timestamp(core),
          labels: { 'kubernetes.io/metadata.name': name },
        },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      },
    );
  }
}
