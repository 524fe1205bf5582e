import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../errors/errors.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import type { KubevirtVersion } from './versions.ts';

/** A release's file as text, and where it came from. */
export interface ManifestText {
  readonly text: string;
  readonly place: string;
}

const RELEASES = 'https://github.com/kubevirt/kubevirt/releases/download';
const DOWNLOAD_MS = 60_000;

/**
 * A file of a KubeVirt release: `<mirror>/<version>/<file>` where a mirror is given, else from the project's releases.
 * @throws InfraError naming what was asked and what came back.
 */
export async function fetchManifest(
  scope: Scope,
  version: KubevirtVersion,
  { file, mirror }: { readonly file: string; readonly mirror: string | undefined },
): Promise<ManifestText> {
  return mirror === undefined
    ? await download(scope, `${RELEASES}/${version.text}/${file}`)
    : await fromMirror(join(mirror, version.text, file));
}

async function fromMirror(place: string): Promise<ManifestText> {
  try {
    return { text: await readFile(place, 'utf8'), place };
  } catch (cause) {
    throw new InfraError(`${place}: cannot be read`, {
      cause,
      hint: 'the mirror needs <version>/kubevirt-operator.yaml and <version>/kubevirt-cr.yaml',
    });
  }
}

async function download(scope: Scope, url: string): Promise<ManifestText> {
  const hint = 'give a folder with the manifests by --kubevirt-mirror';
  return await within(`download of ${url}`, { scope, withinMs: DOWNLOAD_MS, blame: 'infra', hint }, async (signal) => {
    const response = await fetch(url, { signal }).catch((cause: unknown) => {
      throw new InfraError(`${url}: cannot be downloaded`, { cause, hint });
    });
    if (!response.ok)
      throw new InfraError(`${url}: the server answered ${response.status} ${response.statusText}`, { hint });
    return { text: await response.text(), place: url };
  });
}
