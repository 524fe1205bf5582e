import { randomBytes } from 'node:crypto';
import { linkSync, type Stats } from 'node:fs';
import { lstat, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { identify, isAlive } from '../command/process-state.ts';
import type { Watcher } from '../command/watcher.ts';
import { UsageError } from '../errors/errors.ts';
import type { OwnProcess } from '../model/own-process.ts';
import type { Scope } from '../scope/scope.ts';

/**
 * Makes sure that a copy of a kubeconfig can be written there: nothing stands there, or the copy of a sevlane that is
 * dead, which is taken away.
 * @throws UsageError when the folder is missing or something else stands there.
 */
export async function clearPlace(path: string, own: Pick<OwnProcess, 'kill'>): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) {
    throw new UsageError(`${path}: the folder ${dirname(path)} is not there`, {
      hint: 'make it, or choose another path',
    });
  }
  const found = await copyAt(path, own);
  if (found === 'none') return;
  if (found !== 'of the dead') throw taken(path, found);
  // Whoever put something else there since we looked gets it back.
  const aside = `${path}.${randomBytes(4).toString('hex')}.old`;
  await rename(path, aside);
  const moved = await copyAt(aside, own);
  if (moved === 'of the dead') return await rm(aside, { force: true });
  await rename(aside, path);
  throw taken(path, moved);
}

/** What stands at a path: nothing, the copy of a sevlane, or what is none of ours. */
export type FoundCopy = 'none' | 'of the dead' | 'of the living' | 'foreign';

/** Looks at the first line of what stands there; what cannot be read is foreign. */
export async function copyAt(path: string, own: Pick<OwnProcess, 'kill'>): Promise<FoundCopy> {
  const found = await lstat(path).catch((error: unknown) => (isMissing(error) ? undefined : null));
  if (found === undefined) return 'none';
  if (found === null || !found.isFile()) return 'foreign';
  const text = await readFile(path, 'utf8').catch(() => '');
  const [, host, pid, startTime] = HEADER.exec(text) ?? [];
  if (pid === undefined || host === undefined) return 'foreign';
  // Of processes on another machine nothing is known here.
  if (host !== hostname()) return 'of the living';
  return isAlive({ pid: Number(pid), ...(startTime === undefined ? {} : { startTime }) }, own)
    ? 'of the living'
    : 'of the dead';
}

interface Copy {
  readonly path: string;
  readonly text: string;
  readonly own: Pick<OwnProcess, 'pid' | 'kill'>;
  readonly watcher: Pick<Watcher, 'file'>;
}

/**
 * Writes the copy, mode 0600, where nothing stands; it is seen whole or not at all, and goes with the scope.
 * @throws UsageError when something stands there by now.
 */
export async function putCopy(scope: Scope, { path, text, own, watcher }: Copy): Promise<string> {
  const header = headerOf(own);
  const fresh = `${path}.${randomBytes(4).toString('hex')}.new`;
  const unwatchFresh = watcher.file(fresh);
  try {
    await writeFile(fresh, `${header}\n${text}`, { mode: 0o600, flag: 'wx' });
    const written = await stat(fresh);
    // Unlike a rename, this fails where something stands.
    linkSync(fresh, path);
    const unwatch = watcher.file(path);
    scope.defer('remove the kubeconfig copy', 1000, async () => {
      if (await isStillOurs(path, header, written)) await rm(path, { force: true });
      unwatch();
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw taken(path, await copyAt(path, own));
    throw error;
  } finally {
    await rm(fresh, { force: true });
    unwatchFresh();
  }
  return path;
}

const HEADER = /^# written by sevlane on (\S+), process (\d+)(?: (\d+))?, which takes it away\n/;

function headerOf({ pid }: Pick<OwnProcess, 'pid'>): string {
  const { startTime } = identify(pid);
  const writer = startTime === undefined ? `${pid}` : `${pid} ${startTime}`;
  return `# written by sevlane on ${hostname()}, process ${writer}, which takes it away`;
}

/** Programs that change a kubeconfig write it in place, without its comments: it is the same file then. */
async function isStillOurs(path: string, header: string, written: Stats): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return false;
  // The number alone is given to a new file once the old one is gone.
  if (found.ino === written.ino && found.dev === written.dev && found.birthtimeMs === written.birthtimeMs) return true;
  return (await readFile(path, 'utf8').catch(() => '')).startsWith(`${header}\n`);
}

function taken(path: string, found: FoundCopy): UsageError {
  const what =
    found === 'of the living'
      ? 'is the kubeconfig of a sevlane that still runs, or of one on another machine'
      : 'is there already and was not written by sevlane: it is left alone';
  return new UsageError(`${path} ${what}`, { hint: 'choose another path, or remove it if nobody needs it' });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
