import { openApi } from '../../../providers/mock/api/api.ts';
import { inProcess } from '../../../providers/mock/api/in-process.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { networkSwitch } from '../../../providers/mock/api/switch.ts';
import { clockAt } from '../../../providers/mock/clock.ts';
import { startControllers } from '../../../providers/mock/controllers/index.ts';
import { type Rest, restOver } from '../../../providers/mock/controllers/rest.ts';
import type { KubeApi } from '../../../providers/mock/controllers/seam.ts';
import { DEFAULT_PACE } from '../../../providers/mock/pace.ts';
import type { HostProfile } from '../../../providers/mock/physics/host.ts';
import { MILAN } from '../../../providers/mock/physics/profiles/milan.ts';
import type { Director } from '../../../providers/mock/scenario/director.ts';
import { quietDirector } from '../quiet-director.ts';

export interface TestCluster {
  readonly rest: Rest;
  readonly api: KubeApi;
  readonly network: ReturnType<typeof networkSwitch>;
  readonly controllers: ReturnType<typeof startControllers>;
  /** Waits, by watching the collection, until the object of this name satisfies the test. */
  until(
    collection: string,
    name: string,
    test: (object: KubeObject | undefined) => boolean,
  ): Promise<KubeObject | undefined>;
  /** Everything that is stored, as `kind ns/name`. */
  stop(): Promise<void>;
}

/** A simulated API server with all controllers, at the default pace. */
export async function startCluster(
  options: {
    readonly director?: Director;
    readonly profile?: HostProfile;
    readonly leaveOut?: readonly string[];
    readonly pace?: number;
  } = {},
): Promise<TestCluster> {
  const clock = clockAt(options.pace ?? DEFAULT_PACE);
  const { director = quietDirector(), profile = MILAN, leaveOut = [] } = options;
  const network = networkSwitch();
  const version = 'v1.34.4';
  const server = openApi({ clock, director, network, version });
  const as = inProcess(server);
  const stop = new AbortController();
  const controllers = startControllers({
    ...{ as, network, clock, director, profile, leaveOut, kubernetesVersion: version, signal: stop.signal },
    clusterCa: 'PEM',
  });
  await controllers.ready;
  const api = as('kubernetes-admin');
  const rest = restOver(api);
  return {
    rest,
    api,
    network,
    controllers,
    until: (collection, name, test) => until(api, rest, { collection, name, test }),
    async stop() {
      await controllers.stop();
      server.stop();
      stop.abort();
      if (controllers.failures.length > 0) throw new AggregateError(controllers.failures, 'the simulator has bugs');
    },
  };
}

async function until(
  api: KubeApi,
  rest: Rest,
  wanted: {
    readonly collection: string;
    readonly name: string;
    readonly test: (object: KubeObject | undefined) => boolean;
  },
): Promise<KubeObject | undefined> {
  const { collection, name, test } = wanted;
  const end = new AbortController();
  const { items, resourceVersion } = await rest.list<KubeObject>(collection);
  const now = items.find((item) => item.metadata.name === name);
  if (test(now)) return now;
  for await (const event of api.watch(`${collection}?watch=true&resourceVersion=${resourceVersion}`, end.signal)) {
    if (event.object.metadata.name !== name) continue;
    const seen = event.type === 'DELETED' ? undefined : event.object;
    if (!test(seen)) continue;
    end.abort();
    return seen;
  }
  return undefined;
}
