import { lookup } from 'node:dns/promises';
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { isIP } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SshTarget } from '../../model/host.ts';
import { settle } from '../../scope/settle.ts';

/** What this side is asked about. */
export interface ThisSideWish {
  /** e.g. `v20.19.0`. */
  readonly nodeVersion: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Folders that the run writes to; they need not be there yet. */
  readonly artifacts: string;
  readonly runDir: string;
  /** Absent where no node is reached over SSH. */
  readonly target: SshTarget | undefined;
}

/** A value, or why there is none. */
export type Found<Value> = { readonly value: Value } | { readonly problem: string };

/** What this side is like. */
export interface ThisSide {
  readonly now: Date;
  /** When our own files were made: the clock cannot be before. */
  readonly builtAt: Found<Date>;
  readonly nodeVersion: string | undefined;
  /** Absent: no name has to be resolved here. */
  readonly address: { readonly name: string; readonly found: Found<string> } | undefined;
  readonly keyFiles: readonly { readonly path: string; readonly mode: Found<number> }[];
  readonly folders: readonly { readonly path: string; readonly freeBytes: Found<number> }[];
  /** The `ssh` that the second transport would run; absent: it is not needed. */
  readonly sshProgram: { readonly name: string; readonly path: Found<string> } | undefined;
  /** Soft limit of open files. */
  readonly openFiles: Found<number>;
}

const LOOKUP_MS = 10_000;

/** Looks at this side; what cannot be read is part of the answer. @throws only the signal's reason. */
export async function readThisSide(wish: ThisSideWish, signal: AbortSignal): Promise<ThisSide> {
  const { target } = wish;
  const keys = (target === undefined ? [] : [...(target.jumps ?? []), target]).flatMap(({ auth }) =>
    auth.flatMap((one) => (one.kind === 'key' ? [one.path] : [])),
  );
  const [builtAt, address, keyFiles, folders, sshProgram, openFiles] = await Promise.all([
    found(async () => (await stat(fileURLToPath(import.meta.url))).mtime),
    target === undefined ? undefined : resolved(target, signal),
    Promise.all([...new Set(keys)].map(async (path) => ({ path, mode: await modeOf(path) }))),
    Promise.all([...new Set([wish.artifacts, wish.runDir])].map((path) => spaceOf(path))),
    target?.openssh === undefined ? undefined : programOf(target.openssh.program, wish.environment.PATH ?? ''),
    openFilesLimit(),
  ]);
  return {
    ...{ now: new Date(), builtAt, nodeVersion: wish.nodeVersion, address, keyFiles, folders, sshProgram, openFiles },
  };
}

/** The hosts behind the first one are resolved by the hop before them. */
async function resolved(target: SshTarget, signal: AbortSignal) {
  const name = (target.jumps?.[0] ?? target).host;
  if (isIP(name) !== 0) return { name, found: { value: name } };
  // The resolver cannot be stopped; it is not waited for beyond its time.
  const late = AbortSignal.any([signal, AbortSignal.timeout(LOOKUP_MS)]);
  const result = await found(async () => (await settle(lookup(name), late)).address);
  signal.throwIfAborted();
  return { name, found: result };
}

async function modeOf(path: string): Promise<Found<number>> {
  return await found(async () => (await stat(path)).mode & 0o777);
}

/** Of the nearest folder above that is there already. */
async function spaceOf(path: string): Promise<{ readonly path: string; readonly freeBytes: Found<number> }> {
  for (let folder = path; ; folder = dirname(folder)) {
    const freeBytes = await found(async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    });
    if ('value' in freeBytes || folder === dirname(folder)) return { path, freeBytes };
  }
}

async function programOf(name: string, path: string) {
  const places = name.includes('/') ? [name] : path.split(delimiter).map((folder) => join(folder, name));
  for (const place of places) {
    const there = await found(async () => await access(place, constants.X_OK));
    if ('value' in there) return { name, path: { value: place } };
  }
  return { name, path: { problem: name.includes('/') ? 'it is not there' : 'no folder of PATH has it' } };
}

async function openFilesLimit(): Promise<Found<number>> {
  return await found(async () => {
    const limits = await readFile('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
    if (soft === undefined) throw new Error('/proc/self/limits does not tell');
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  });
}

async function found<Value>(look: () => Promise<Value>): Promise<Found<Value>> {
  try {
    return { value: await look() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { problem: code ?? (error instanceof Error ? error.message : String(error)) };
  }
}
