import type { KubeClient } from '../kube/client.ts';
import { discover } from '../kube/discovery.ts';
import { persist } from '../kube/persist.ts';
import type { Scope } from '../scope/scope.ts';
import { type Api, make, waitEstablished } from './apply.ts';
import { customResource } from './custom-resource.ts';
import { fetchManifest } from './fetch-manifest.ts';
import { changeManifest, type ManifestChanges, readCustomResource, readOperatorManifest } from './manifest.ts';
import { type Made, uninstall } from './uninstall.ts';
import type { KubevirtVersion } from './versions.ts';

/** What to install, and where from. */
export interface InstallWish {
  /** Undefined: whatever is there is used, and left as it is. */
  readonly version: KubevirtVersion | undefined;
  readonly mirror: string | undefined;
  readonly changes: ManifestChanges;
  /** Milliseconds that KubeVirt may still take to get ready. */
  readonly patience: () => number;
}

/** Uninstalling takes 27 s on a healthy cluster; a busy one gets three times that. */
const UNINSTALL_MS = 90_000;

/** Installs the release for this run; the scope's end takes it away again. @throws InfraError as its parts do. */
export async function install(
  scope: Scope,
  client: KubeClient,
  version: KubevirtVersion,
  wish: InstallWish,
): Promise<void> {
  const operator = await fetchManifest(scope, version, { file: 'kubevirt-operator.yaml', mirror: wish.mirror });
  const custom = await fetchManifest(scope, version, { file: 'kubevirt-cr.yaml', mirror: wish.mirror });
  const objects = changeManifest(readOperatorManifest(operator.text, version, operator.place), wish.changes);
  const resource = customResource(readCustomResource(custom.text, custom.place), version, wish.changes);
  const made: Made[] = [];
  const api: Api = { client, discovery: discover(client), signal: scope.signal, made };
  scope.log.info(`installing KubeVirt ${version.text}`, { from: operator.place });
  scope.defer(`KubeVirt ${version.text}`, UNINSTALL_MS, (_, own) =>
    persist(`KubeVirt ${version.text} taken away`, { scope: own, client }, () => uninstall(own, client, made)),
  );
  for (const object of objects) await make(api, object);
  await waitEstablished(scope, client);
  await make(api, resource);
}
