import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BundleBounds, openBundles } from '../../harness/evidence/bundle/bundles.ts';
import type { Reach } from '../../harness/evidence/bundle/collecting.ts';
import type { BundleIndex, Failure } from '../../harness/evidence/bundle/contents.ts';
import { History } from '../../harness/evidence/bundle/history.ts';
import type { BundleLimits } from '../../harness/evidence/bundle/limits.ts';
import { createRedactor, type Redactor } from '../../harness/evidence/redact.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { connectCluster } from '../../harness/kube/connect.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { readConsoleLog } from '../../harness/kubevirt/console-log.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import type { SshConnection } from '../../harness/ssh/connection.ts';
import { inProcess } from '../../providers/mock/api/in-process.ts';
import { restOver } from '../../providers/mock/controllers/rest.ts';
import { NODE_KUBECONFIG, type SimulatedHost, type SimulatedHostOptions } from '../../providers/mock/simulated-host.ts';
import { guest, installKubevirt } from '../mock/controllers/install.ts';
import { connectionTo, startHost } from '../simulated.ts';

/** A simulated host with KubeVirt on it, reached as a run reaches it. */
export interface SickCluster {
  readonly host: SimulatedHost;
  readonly scope: OwnedScope;
  readonly client: KubeClient;
  readonly ssh: SshConnection;
  readonly reach: Reach;
  /** Creates a guest in the run's namespace and waits until the test is satisfied with it. */
  boot(
    kind: Parameters<typeof guest>[0],
    isThere: (vmi: KubeObject) => boolean,
    change?: (vmi: ReturnType<typeof guest>) => object,
  ): Promise<void>;
  /** Waits until a pod of this component of KubeVirt was started a second time. */
  restarted(component: string): Promise<void>;
  /** Waits until this pod has done what it does. */
  ended(pod: string): Promise<void>;
  /** Waits until the serial log of the only guest matches. */
  said(pattern: RegExp): Promise<void>;
  stop(): Promise<void>;
}

export async function startSickCluster(
  changes: Partial<SimulatedHostOptions> = {},
  { isWhole = true }: { readonly isWhole?: boolean } = {},
): Promise<SickCluster> {
  const host = await startHost(changes);
  const runDir = await mkdtemp(join(tmpdir(), 'sevlane-bundle-run-'));
  const scope = openScope(() => {});
  const ssh = await connectSsh(scope, await connectionTo(host));
  const { client } = await connectCluster(scope, ssh, {
    kubeconfig: { kind: 'node', paths: [NODE_KUBECONFIG] },
    runDir,
  });
  const rest = restOver(inProcess(host.api)('kubernetes-admin'));
  const find = async (path: string, isThere: (object: KubeObject | undefined) => boolean) =>
    await until(path, { scope, withinMs: 60_000, everyMs: 50, blame: 'infra' }, async () => {
      const found = await client.find(path);
      return isThere(found) ? { done: true, value: found } : { done: false, saw: JSON.stringify(found?.status) };
    });
  const install = {
    rest,
    until: async (collection: string, name: string, test: (object: KubeObject | undefined) => boolean) =>
      await find(`${collection}/${name}`, test),
  };
  const installed = installKubevirt(install as Parameters<typeof installKubevirt>[0], 'v1.9.0');
  // What never gets ready is waited for until the scope closes.
  if (isWhole) await installed;
  else installed.catch(() => {});
  await rest.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'guests' } });
  return {
    host,
    scope,
    client,
    ssh,
    reach: { client, ssh, node: 'sev-milan-1', namespace: 'guests' },
    async boot(kind, isThere, change = (vmi) => vmi) {
      const path = '/apis/kubevirt.io/v1/namespaces/guests/virtualmachineinstances';
      await client.create(path, change(guest(kind)) as KubeObject);
      await find(`${path}/${kind}`, (vmi) => vmi !== undefined && isThere(vmi));
    },
    async restarted(component) {
      const limits = { scope, withinMs: 60_000, everyMs: 50, blame: 'infra' as const };
      await until(`${component} restarts`, limits, async () => {
        const labelSelector = `kubevirt.io=${component}`;
        const { items } = await client.list('/api/v1/namespaces/kubevirt/pods', { labelSelector });
        const statuses = items.flatMap(
          ({ status }) =>
            (status as { readonly containerStatuses?: readonly { readonly restartCount: number }[] })
              ?.containerStatuses ?? [],
        );
        const isDone = statuses.some(({ restartCount }) => restartCount > 0);
        return isDone ? { done: true, value: undefined } : { done: false, saw: JSON.stringify(statuses) };
      });
    },
    async ended(pod) {
      await find(`/api/v1/namespaces/guests/pods/${pod}`, (object) =>
        ['Succeeded', 'Failed'].includes((object?.status as { readonly phase?: string } | undefined)?.phase ?? ''),
      );
    },
    async said(pattern) {
      const { items } = await client.list('/api/v1/namespaces/guests/pods');
      const limits = { scope, withinMs: 60_000, everyMs: 50, blame: 'infra' as const };
      await until('the guest speaks', limits, async (signal) => {
        const log = items[0] && (await readConsoleLog(client, items[0], { signal }));
        const saw = log?.head.trimEnd() ?? 'no log';
        return pattern.test(`${saw} `) ? { done: true, value: undefined } : { done: false, saw: saw.slice(-200) };
      });
    },
    async stop() {
      await scope.close();
      await host.stop();
      await rm(runDir, { recursive: true, force: true });
    },
  };
}

/** A failure that began a minute ago. */
export function failureOf(changes: Partial<Failure> = {}): Failure {
  const finding = { blame: 'product', where: 'x', message: 'SEV guest: it crashed', causes: [] } as const;
  return { of: 'case', row: 'memory encryption SEV guest: boots', finding, beganAt: Date.now() - 60_000, ...changes };
}

/** A bundle as it lies on the disk. */
export interface KeptBundle {
  readonly folder: string | undefined;
  readonly index: BundleIndex;
  /** All files by their names. */
  readonly files: ReadonlyMap<string, string>;
  readonly events: readonly RunEvent[];
  /** What the run said meanwhile. */
  readonly log: readonly string[];
}

interface Keeping {
  readonly failure?: Failure;
  readonly bounds: Omit<BundleBounds, 'withinMs'> & { readonly withinMs?: number };
  readonly limits?: BundleLimits;
  readonly redactor?: Redactor;
  readonly history?: readonly RunEvent[];
  readonly scope?: OwnedScope;
}

/** Keeps one bundle in a folder of its own and reads all of it back. */
export async function keepOne({ bounds, limits, ...wish }: Keeping): Promise<KeptBundle> {
  const artifacts = await mkdtemp(join(tmpdir(), 'sevlane-bundle-'));
  const { failure = failureOf(), redactor = createRedactor(), scope: given } = wish;
  const events: RunEvent[] = [];
  const scope = openScope((event) => events.push(event), given?.signal);
  const history = new History();
  for (const event of wish.history ?? []) history.hear(event);
  try {
    const bundles = openBundles({ artifacts, redactor, history, ...(limits === undefined ? {} : { limits }) });
    const folder = await bundles.keep(scope, failure, { withinMs: 60_000, ...bounds });
    const files = await readAll(join(artifacts, folder ?? '.'));
    const index = JSON.parse(files.get('index.json') ?? 'null') as BundleIndex;
    return { folder, index, files, events, log: events.flatMap((one) => (one.type === 'log' ? [one.message] : [])) };
  } finally {
    await scope.close();
    await rm(artifacts, { recursive: true });
  }
}

async function readAll(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  return new Map(paths.map((path, at) => [path.slice(folder.length + 1), texts[at] ?? '']));
}
