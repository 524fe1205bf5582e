import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InfraError } from '../../errors/errors.ts';
import type { Environment } from '../../model/own-process.ts';
import type { Scope } from '../../scope/scope.ts';
import { type KubevirtVersion, parseKubevirtVersion } from '../versions.ts';
import { type Cache, sha256Of } from './cache.ts';
import { shownUrl } from './shown-url.ts';
import { download, NotThere } from './web.ts';

/** Which KubeVirt is to be installed, and where its manifests are. */
export type KubevirtSource =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'stable' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string };

/** Where releases are looked for, and with what. */
export interface Ways {
  /** Folder or URL in place of the release pages. */
  readonly mirror: string | undefined;
  readonly cache: Cache;
  readonly environment: Environment;
}

/** A file, and what is to be said of it. */
export interface SourceFile {
  readonly text: string;
  /** Path or URL. */
  readonly place: string;
  readonly sha256: string;
}

/** The files of a KubeVirt as its project or a developer's `make manifests` lays them out. */
export interface SourceFiles {
  readonly operator: SourceFile;
  /** Undefined: there is none beside the operator's manifest. */
  readonly custom: SourceFile | undefined;
  /** Undefined: only the manifest tells what it is. */
  readonly version: KubevirtVersion | undefined;
}

/** Refuses a file that is not what its name says; nothing else is kept for later runs. */
export type Judge = (file: SourceFile, which: 'operator' | 'custom', version: KubevirtVersion | undefined) => void;

const RELEASES = 'https://github.com/kubevirt/kubevirt/releases/download';
const STABLE = 'https://storage.googleapis.com/kubevirt-prow/release/kubevirt/kubevirt/stable.txt';
const OPERATOR = 'kubevirt-operator.yaml';
const CUSTOM = 'kubevirt-cr.yaml';
/** Where KubeVirt's own build leaves them in its source tree. */
const BUILT = join('_out', 'manifests', 'release');
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const NO_WAY = 'give a folder with the manifests by --kubevirt-mirror, or name them by --kubevirt PATH';

/** Finds the manifests and has each judged. @throws InfraError naming what was asked for and what was there instead. */
export async function findFiles(
  scope: Scope,
  source: KubevirtSource,
  { ways, judge }: { readonly ways: Ways; readonly judge: Judge },
): Promise<SourceFiles> {
  if (source.kind === 'path') return await localFiles(source.path, judge);
  if (source.kind === 'url') return await remoteFiles(scope, source.url, { ways, judge });
  const version = source.kind === 'stable' ? await stableVersion(scope, ways) : parseKubevirtVersion(source.version);
  if (version === undefined) throw new InfraError(`${JSON.stringify(source)} names no release of KubeVirt`);
  const release = async (name: string, which: 'operator' | 'custom') => {
    const file = await releaseFile(scope, `${version.text}/${name}`, {
      ways,
      judge: (found) => judge(found, which, version),
    });
    return file;
  };
  return { operator: await release(OPERATOR, 'operator'), custom: await release(CUSTOM, 'custom'), version };
}

/** What the project calls stable today. Said, because it is another one tomorrow. */
async function stableVersion(scope: Scope, { mirror, environment }: Ways): Promise<KubevirtVersion> {
  const place = mirror === undefined ? STABLE : inMirror(mirror, 'stable.txt');
  const bytes = isUrl(place)
    ? await download(scope, place, { environment, hint: 'name a version with --kubevirt', maxBytes: 4096 })
    : await readLocal(place, 'the mirror has no stable.txt: name a version with --kubevirt');
  const text = bytes.toString('utf8').trim();
  const version = parseKubevirtVersion(text);
  if (version === undefined) {
    const said = JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
    throw new InfraError(`${place} names no version of KubeVirt, but ${said}`, {
      hint: 'name a version with --kubevirt',
    });
  }
  scope.log.info(`the stable KubeVirt is ${version.text}`, { from: place });
  return version;
}

/** A file of a release: from the mirror's folder, else from the cache, else from the web. */
async function releaseFile(
  scope: Scope,
  name: string,
  { ways, judge }: { readonly ways: Ways; readonly judge: (file: SourceFile) => void },
): Promise<SourceFile> {
  const place = inMirror(ways.mirror ?? RELEASES, name);
  if (!isUrl(place)) {
    const hint = 'the mirror needs <version>/kubevirt-operator.yaml and <version>/kubevirt-cr.yaml';
    return judged(await readLocal(place, hint), place, judge);
  }
  const kept = await ways.cache.find(place);
  if (kept !== undefined) {
    scope.log.detail(`${shownUrl(place)} is taken from ${kept.place}`);
    return judged(kept.bytes, kept.place, judge);
  }
  const bytes = await download(scope, place, { environment: ways.environment, hint: NO_WAY });
  const file = judged(bytes, shownUrl(place), judge);
  await ways.cache.keep(place, bytes);
  return file;
}

/** A folder as `make manifests` leaves it, the source tree around it, or the operator's manifest alone. */
async function localFiles(path: string, judge: Judge): Promise<SourceFiles> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new InfraError(`${path}: is not there`, { cause, hint: 'give the folder that make manifests wrote' });
  });
  const operatorPath = found.isDirectory() ? await operatorIn(path) : path;
  const take = async (place: string, which: 'operator' | 'custom') =>
    judged(await readLocal(place, 'give a folder or file that can be read'), place, (file) =>
      judge(file, which, undefined),
    );
  const operator = await take(operatorPath, 'operator');
  const customPath = join(dirname(operatorPath), CUSTOM);
  const hasCustom = found.isDirectory() && (await isFile(customPath));
  return { operator, custom: hasCustom ? await take(customPath, 'custom') : undefined, version: undefined };
}

async function operatorIn(folder: string): Promise<string> {
  for (const place of [join(folder, OPERATOR), join(folder, BUILT, OPERATOR)]) if (await isFile(place)) return place;
  const names = (await readdir(folder)).sort();
  const there = names.length === 0 ? 'nothing' : names.slice(0, 8).join(', ') + (names.length > 8 ? ', ...' : '');
  throw new InfraError(`${folder}: holds no ${OPERATOR}, but ${there}`, {
    hint: `run make manifests in KubeVirt and give its ${BUILT}, or name the operator's manifest itself`,
  });
}

async function remoteFiles(
  scope: Scope,
  url: string,
  { ways, judge }: { readonly ways: Ways; readonly judge: Judge },
): Promise<SourceFiles> {
  const web = { environment: ways.environment, hint: 'name a URL that holds the manifests themselves' };
  const take = async (place: string, which: 'operator' | 'custom') =>
    judged(await download(scope, place, web), shownUrl(place), (file) => judge(file, which, undefined));
  if (/\.ya?ml$/.test(new URL(url).pathname))
    return { operator: await take(url, 'operator'), custom: undefined, version: undefined };
  const operator = await take(below(url, OPERATOR), 'operator');
  const custom = await take(below(url, CUSTOM), 'custom').catch((error: unknown) => {
    if (error instanceof NotThere) return undefined;
    throw error;
  });
  return { operator, custom, version: undefined };
}

function judged(bytes: Buffer, place: string, judge: (file: SourceFile) => void): SourceFile {
  const file: SourceFile = { text: bytes.toString('utf8'), place, sha256: sha256Of(bytes) };
  judge(file);
  return file;
}

async function readLocal(place: string, hint: string): Promise<Buffer> {
  try {
    const { size } = await stat(place);
    if (size > MAX_FILE_BYTES) throw new InfraError(`${place}: is too large for a manifest`, { hint });
    return await readFile(place);
  } catch (cause) {
    if (cause instanceof InfraError) throw cause;
    throw new InfraError(`${place}: cannot be read`, { cause, hint });
  }
}

async function isFile(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined))?.isFile() === true;
}

function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}

function inMirror(mirror: string, name: string): string {
  return isUrl(mirror) ? below(mirror, name) : join(mirror, name);
}

function below(base: string, name: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${name}`;
  return url.href;
}
