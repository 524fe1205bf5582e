import { InfraError } from '../errors/errors.ts';
import type { Environment } from '../model/own-process.ts';
import type { Scope } from '../scope/scope.ts';
import { type Build, buildOf, operatorOf } from './build.ts';
import { composeResource, laneResource } from './custom-resource.ts';
import { changeImages, type ImageChanges } from './images.ts';
import type { ManifestObject } from './manifest.ts';
import { isCustomResource } from './manifest.ts';
import { customResourceIn, readCustomResource, readOperatorManifest } from './operator-manifest.ts';
import { applyPatches, type Patch } from './patches/patch.ts';
import { cacheFolder, openCache } from './source/cache.ts';
import { findFiles, type KubevirtSource, type SourceFile } from './source/find.ts';
import type { KubevirtVersion } from './versions.ts';

/** Which KubeVirt is wanted, and what is changed in it. */
export interface ReleaseWish {
  readonly source: KubevirtSource;
  /** Folder or URL in place of the release pages. */
  readonly mirror: string | undefined;
  /** As `--kubevirt-cache` takes it. */
  readonly cache: string | undefined;
  readonly environment: Environment;
  readonly images: ImageChanges;
  readonly patches: readonly Patch[];
  /** Of the run; every object carries them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Nodes of the cluster. */
  readonly nodes: number;
}

/** A KubeVirt as it is going to be applied: nothing of the cluster has been touched for it. */
export interface Release {
  /** What KubeVirt will call itself: `v1.9.0`, `devel`. */
  readonly reports: string;
  /** Undefined: it is learnt once it is up. */
  readonly version: KubevirtVersion | undefined;
  /** The manifest's objects, without the KubeVirt object. */
  readonly objects: readonly ManifestObject[];
  /** The KubeVirt object. */
  readonly resource: ManifestObject;
  readonly files: readonly SourceFile[];
  /** As the manifest had it, before the user's changes. */
  readonly build: Build;
}

/**
 * Fetches the manifests, makes sure that they are what their names say, and makes the run's and the user's changes.
 * @throws InfraError naming the file and what is wrong with it; UsageError for patches that do not fit.
 */
export async function openRelease(scope: Scope, wish: ReleaseWish): Promise<Release> {
  const { source, mirror, environment } = wish;
  const read: Read = { operator: [], custom: undefined };
  const files = await findFiles(scope, source, {
    ways: { mirror, environment, cache: openCache(scope, cacheFolder(wish.cache, environment)) },
    judge: (file, which, version) => {
      if (which === 'operator') read.operator = readOperatorManifest(file.text, version, file.place);
      else read.custom = readCustomResource(file.text, file.place);
    },
  });
  const build = buildOf(read.operator);
  if (build === undefined) throw new InfraError(`${files.operator.place}: its virt-operator is without an image`);
  const version = files.version ?? build.version;
  const given = read.custom ?? customResourceIn(read.operator, files.operator.place);
  if (given === undefined) scope.log.info('the manifest comes without a KubeVirt object: one is composed');
  const { objects, resource } = changed({ given, objects: read.operator, version, build }, wish, scope);
  const after = buildOf(objects, resource) ?? build;
  const found = [files.operator, ...(files.custom === undefined ? [] : [files.custom])];
  for (const { place, sha256 } of found) scope.log.info(`manifest ${place}`, { sha256 });
  return { reports: after.reports, version, objects, resource, files: found, build: after };
}

interface Read {
  operator: readonly ManifestObject[];
  custom: ManifestObject | undefined;
}

interface Found {
  readonly given: ManifestObject | undefined;
  readonly objects: readonly ManifestObject[];
  readonly version: KubevirtVersion | undefined;
  readonly build: Build;
}

/** First the lane's needs, then the user's patches, last the labels: nothing of ours can be patched out of our sight. */
function changed({ given, objects, version, build }: Found, wish: ReleaseWish, scope: Scope) {
  const namespace = operatorOf(objects)?.metadata.namespace ?? 'kubevirt';
  const { resource: needed, overruled } = laneResource(given ?? composeResource(namespace), {
    ...{ version, images: wish.images, nodes: wish.nodes, namePrefix: build.namePrefix },
    definition: objects.find(({ metadata }) => metadata.name === 'kubevirts.kubevirt.io'),
  });
  for (const each of overruled) scope.log.info(`the KubeVirt object's own word is overruled: ${each}`);
  const others = changeImages(objects, wish.images).filter((object) => !isCustomResource(object));
  const all = applyPatches([...others, needed], wish.patches).map((object) => labelled(object, wish.labels));
  const [resource] = all.splice(-1, 1);
  return { objects: all, resource: resource ?? needed };
}

function labelled(object: ManifestObject, labels: Readonly<Record<string, string>>): ManifestObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } };
}
