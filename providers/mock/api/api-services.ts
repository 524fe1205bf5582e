import { backendOf, refreshApiService } from './aggregation.ts';
import type { Backend } from './backends.ts';
import { type Core, timestamp } from './core.ts';
import { askResources } from './delegated-discovery.ts';
import type { KubeObject } from './objects.ts';
import { at } from './request.ts';

const APISERVICES = 'apiservices.apiregistration.k8s.io';
const LOOK_AGAIN_MS = 200;

/** Registers an APIService for every group version served here, and keeps all of them told whether they are available. Returns how to stop. */
export function keepApiServices(core: Core): () => void {
  registerLocal(core);
  const stops = [
    core.store.subscribe(APISERVICES, ({ type, object }) => {
      if (type === 'DELETED') core.delegated.delete(object.metadata.name ?? '');
      else setImmediate(() => refreshCurrent(core, object.metadata.name ?? ''));
    }),
    core.store.subscribe('services', () => setImmediate(() => refreshAll(core))),
    core.store.subscribe('customresourcedefinitions.apiextensions.k8s.io', () =>
      setImmediate(() => registerLocal(core)),
    ),
  ];
  // Who listens on the network is not told by any stored object.
  const timer = setInterval(() => refreshAll(core), LOOK_AGAIN_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}

function refreshAll(core: Core): void {
  for (const apiService of core.store.list(APISERVICES, '')) refresh(core, apiService);
}

function refresh(core: Core, apiService: KubeObject): void {
  refreshApiService(core, apiService);
  const name = apiService.metadata.name ?? '';
  const backend = backendOf(core, apiService);
  if (backend?.serve === undefined) core.delegated.delete(name);
  else if (!core.delegated.has(name)) void learnResources(core, apiService, backend);
}

async function learnResources(core: Core, apiService: KubeObject, backend: Backend): Promise<void> {
  const name = apiService.metadata.name ?? '';
  const { group = '', version = '' } = (apiService.spec ?? {}) as { group?: string; version?: string };
  // Listed without resources until the answer is there, so that it is asked for once.
  core.delegated.set(name, { group, version, resources: [] });
  const learned = await askResources(backend, group, version);
  if (learned !== undefined && core.delegated.has(name)) core.delegated.set(name, learned);
}

function refreshCurrent(core: Core, name: string): void {
  const current = core.store.get({ resource: APISERVICES, namespace: '', name });
  if (current !== undefined) refresh(core, current);
}

function registerLocal(core: Core): void {
  const wanted = new Map(
    core.registry.types.map(({ group, version, custom }) => [`${version}.${group}`, { group, version, custom }]),
  );
  for (const [name, { group, version, custom }] of wanted) {
    if (core.store.get({ resource: APISERVICES, namespace: '', name }) !== undefined) continue;
    core.store.create(
      { resource: APISERVICES, namespace: '', name },
      localApiService(core, { name, group, version, custom }),
    );
  }
  for (const apiService of core.store.list(APISERVICES, '')) {
    const { name = '', labels } = apiService.metadata;
    const automatic = labels?.[MANAGED] === 'true' && at(apiService, 'spec', 'service') === undefined;
    if (automatic && !wanted.has(name)) core.store.remove({ resource: APISERVICES, namespace: '', name }, apiService);
  }
}

const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';

interface Local {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly custom: boolean;
}

function localApiService(core: Core, { name, group, version, custom }: Local): KubeObject {
  const priority = custom
    ? { groupPriorityMinimum: 1000, versionPriority: 100 }
    : { groupPriorityMinimum: group === '' ? 18000 : 17000, versionPriority: group === '' ? 1 : 15 };
  return {
    kind: 'APIService',
    apiVersion: 'apiregistration.k8s.io/v1',
    metadata: {
      name,
      uid: crypto.randomUUID(),
      creationTimestamp: timestamp(core),
      labels: { [MANAGED]: custom ? 'true' : 'onstart' },
    },
    spec: { ...(group === '' ? {} : { group }), version, ...priority },
    status: {
      conditions: [
        {
          type: 'Available',
          status: 'True',
          lastTransitionTime: timestamp(core),
          reason: 'Local',
          message: 'Local APIServices are always available',
        },
      ],
    },
  };
}
