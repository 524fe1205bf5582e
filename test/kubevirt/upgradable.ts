import type { KubeClient } from '../../harness/kube/client.ts';
import { readAccess } from '../../harness/kube/connect.ts';
import { DIRECT } from '../../harness/kube/direct.ts';
import { openFeed } from '../../harness/kube/feed.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { type Ground, prepareGround } from '../../harness/kubevirt/ground.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import type { Fault } from '../../providers/mock/scenario/grammar.ts';
import { startHost } from '../simulated.ts';

/** A simulated cluster in which KubeVirt is provided as a run does it. */
export interface Upgradable {
  readonly scope: OwnedScope;
  readonly client: KubeClient;
  provide(way: { readonly from: string; readonly to: string }): Promise<Ground>;
  /** What was said to everybody so far. */
  said(): readonly string[];
  /** What the report is told of the subject. */
  subject(): Readonly<Record<string, unknown>> | undefined;
  /** Does this as soon as the definition serves the version. */
  whenServed(definition: string, version: string, work: () => Promise<void>): void;
  close(): Promise<void>;
}

/** Opens one in this process, with these faults. */
export async function openUpgradable(faults: readonly Fault[] = []): Promise<Upgradable> {
  const scenario = { name: 'test', description: 'of a test', faults };
  const host = await startHost({ scenario });
  const events: RunEvent[] = [];
  const scope = openScope((event) => void events.push(event));
  const outer = openScope(() => {});
  const access = await readAccess(outer, undefined, { kubeconfig: { kind: 'file', path: host.kubeconfigFile } });
  const client = openKubeClient(outer, DIRECT, access);
  return {
    scope,
    client,
    provide: async ({ from, to }) =>
      await prepareGround(scope, client, {
        source: { kind: 'version', version: to },
        upgradeFrom: { kind: 'version', version: from },
        mirror: host.manifestMirror,
        cache: 'none',
        environment: {},
        images: { imageRegistry: undefined, imageTag: undefined, imagePullPolicy: undefined },
        patches: [],
        labels: { 'sevlane/run': 'upgrading' },
        budgetMs: 60_000,
        node: { name: undefined, hostname: undefined },
      }),
    said: () => events.flatMap((event) => (event.type === 'log' && event.level === 'info' ? [event.message] : [])),
    subject: () =>
      events
        .flatMap((event) => (event.type === 'subject' && 'kubevirt' in event.subject ? [event.subject] : []))
        .at(-1),
    whenServed(definition, version, work) {
      void followed(outer, client, { definition, version }).then(work);
    },
    async close() {
      await scope.close();
      await outer.close();
      await host.stop();
    },
  };
}

interface Served {
  readonly definition: string;
  readonly version: string;
}

async function followed(scope: OwnedScope, client: KubeClient, { definition, version }: Served): Promise<void> {
  const [collection = '', name = ''] = definition.split(/\/(?=[^/]+$)/);
  const feed = await openFeed(scope, client, collection, { fieldSelector: `metadata.name=${name}` });
  await new Promise<void>((resolve) => {
    const look = () => {
      const { status } = (feed.items.get(name) ?? {}) as { status?: { storedVersions?: readonly string[] } };
      if (status?.storedVersions?.includes(version)) resolve();
    };
    feed.onChange(look);
    look();
  });
}

/** What is left of a KubeVirt: its definitions, its namespace, its cluster-wide rights. */
export async function findings(client: KubeClient): Promise<readonly string[]> {
  const paths = [
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    '/api/v1/namespaces',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    '/apis/apiregistration.k8s.io/v1/apiservices',
  ];
  const lists = await Promise.all(paths.map((path) => client.list(path)));
  return lists
    .flatMap(({ items }) => items.map(({ metadata }) => metadata.name ?? ''))
    .filter((name) => /kubevirt/.test(name));
}
