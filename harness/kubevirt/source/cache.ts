import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Environment } from '../../model/own-process.ts';
import type { Scope } from '../../scope/scope.ts';

/** Files that were downloaded under names that never change, e.g. of a release. */
export interface Cache {
  /** What is kept of this URL, if it still is what was kept. */
  find(url: string): Promise<Kept | undefined>;
  /** Keeps it. The caller has made sure that it is what its name says. A cache that cannot be written is no failure. */
  keep(url: string, bytes: Buffer): Promise<void>;
}

/** A file of the cache. */
export interface Kept {
  readonly bytes: Buffer;
  readonly place: string;
}

/** The folder that the user named, or `sevlane` where programs keep such things; undefined for no cache. */
export function cacheFolder(wanted: string | undefined, environment: Environment): string | undefined {
  if (wanted === 'none') return undefined;
  if (wanted !== undefined) return wanted;
  const { XDG_CACHE_HOME: xdg, HOME: home } = environment;
  // A relative one is to be ignored, says the XDG Base Directory Specification.
  if (xdg?.startsWith('/') === true) return join(xdg, 'sevlane');
  return home?.startsWith('/') === true ? join(home, '.cache', 'sevlane') : undefined;
}

/**
 * Keeps each file under its URL and its SHA-256, so that it can be checked at each use, and so that runs side by side
 * only ever see whole files. Without a folder nothing is kept.
 */
export function openCache(scope: Scope, folder: string | undefined): Cache {
  return {
    find: async (url) => (folder === undefined ? undefined : await newestSound(scope, placeOf(folder, url))),
    async keep(url, bytes) {
      if (folder === undefined) return;
      const place = `${placeOf(folder, url)}.${sha256Of(bytes)}`;
      const unfinished = join(dirname(place), `.${randomUUID()}`);
      try {
        await mkdir(dirname(place), { recursive: true, mode: 0o700 });
        await writeFile(unfinished, bytes, { flag: 'wx', mode: 0o600 });
        await rename(unfinished, place);
        scope.log.detail(`kept in ${place}`);
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {});
        scope.log.info(`not kept for later runs: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

/** As sha256sum prints it. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The URL of a release says all: of which host, which version, which file. */
function placeOf(folder: string, url: string): string {
  const { host, pathname } = new URL(url);
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replace(/[^\w.+-]/g, '_').replace(/^\.+/, '_'));
  return join(folder, host.replace(/[^\w.-]/g, '_'), ...parts);
}

async function newestSound(scope: Scope, place: string): Promise<Kept | undefined> {
  const prefix = `${basename(place)}.`;
  const names = await readdir(dirname(place)).catch(() => []);
  const mine = names.filter((name) => name.startsWith(prefix) && /^[0-9a-f]{64}$/.test(name.slice(prefix.length)));
  const sound: (Kept & { readonly keptAt: number })[] = [];
  for (const name of mine) {
    const path = join(dirname(place), name);
    try {
      const bytes = await readFile(path);
      if (sha256Of(bytes) === name.slice(prefix.length)) {
        sound.push({ bytes, place: path, keptAt: (await stat(path)).mtimeMs });
        continue;
      }
      scope.log.info(`${path}: was damaged since it was kept: taken away`);
      await rm(path, { force: true });
    } catch (error) {
      // Another run may just have taken it away.
      scope.log.detail(`${path}: not used: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return sound.sort((a, b) => b.keptAt - a.keptAt)[0];
}
