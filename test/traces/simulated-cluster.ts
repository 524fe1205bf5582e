import type { KubeClient } from '../../harness/kube/client.ts';
import { readAccess } from '../../harness/kube/connect.ts';
import { DIRECT } from '../../harness/kube/direct.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { type GroundWish, prepareGround } from '../../harness/kubevirt/ground.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope, type Scope } from '../../harness/scope/scope.ts';
import type { SimulatedHost, SimulatedHostOptions } from '../../providers/mock/simulated-host.ts';
import { startHost } from '../simulated.ts';

/** A simulated cluster, and the harness's own client of it. */
export interface SimulatedCluster {
  readonly host: SimulatedHost;
  readonly scope: OwnedScope;
  readonly client: KubeClient;
  readonly events: readonly RunEvent[];
  /** Another client of it, as another process has one. */
  newClient(scope: Scope): KubeClient;
  close(): Promise<void>;
}

/** Starts one in this process; no SSH lies between. */
export async function openSimulatedCluster(changes: Partial<SimulatedHostOptions> = {}): Promise<SimulatedCluster> {
  const host = await startHost(changes);
  const events: RunEvent[] = [];
  const scope = openScope((event) => void events.push(event));
  const access = await readAccess(scope, undefined, { kubeconfig: { kind: 'file', path: host.kubeconfigFile } });
  const client = openKubeClient(scope, DIRECT, access);
  return {
    host,
    scope,
    client,
    events,
    newClient: (own) => openKubeClient(own, DIRECT, access),
    async close() {
      await scope.close();
      await host.stop();
    },
  };
}

export const VERSION = 'v1.9.0';

/** Installs KubeVirt as a run does it; closing the scope takes it away. */
export async function installKubevirt(
  scope: Scope,
  { host, client }: Pick<SimulatedCluster, 'host' | 'client'>,
  { runId, ...changes }: Partial<GroundWish> & { readonly runId: string },
): Promise<void> {
  await prepareGround(scope, client, {
    source: { kind: 'version', version: VERSION },
    mirror: host.manifestMirror,
    cache: 'none',
    environment: {},
    images: { imageRegistry: undefined, imageTag: undefined, imagePullPolicy: undefined },
    patches: [],
    labels: { 'sevlane/run': runId },
    budgetMs: 120_000,
    node: { name: undefined, hostname: undefined },
    ...changes,
  });
}
