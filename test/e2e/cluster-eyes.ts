import type { KubeClient } from '../../harness/kube/client.ts';
import { readAccess } from '../../harness/kube/connect.ts';
import { DIRECT } from '../../harness/kube/direct.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { compare } from '../../harness/traces/compare.ts';
import { type Snapshot, takeSnapshot } from '../../harness/traces/snapshot.ts';

/** Looks at a whole cluster, as a run does before and after. */
export interface ClusterEyes {
  look(): Promise<Snapshot>;
  /** In words, what is otherwise now than it was then; empty when nothing is. */
  changesSince(before: Snapshot): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Opens them with the kubeconfig's own user. */
export async function openEyes(kubeconfig: string): Promise<ClusterEyes> {
  const scope = openScope(() => {});
  const access = await readAccess(scope, undefined, { kubeconfig: { kind: 'file', path: kubeconfig } });
  const client: KubeClient = openKubeClient(scope, DIRECT, access);
  const look = async () => {
    const snapshot = await takeSnapshot(client, { signal: scope.signal });
    if (snapshot.unread.size > 0) throw new Error(`not everything could be read: ${[...snapshot.unread.values()]}`);
    return snapshot;
  };
  return {
    look,
    async changesSince(before) {
      const differences = compare(before, await look(), { runId: '', hasInstalled: true });
      return differences.map(({ how, what, fields }) => [`${what} ${how}`, ...fields.slice(0, 3)].join(', '));
    },
    close: async () => void (await scope.close()),
  };
}
