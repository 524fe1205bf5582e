import { access, constants, lstat, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './errors/errors.ts';

/** The process that asks, as far as folders of runs need it. */
export interface RunProcess {
  readonly pid: number;
  /** Throws ESRCH when no process has this id; as process.kill with signal 0. */
  probe(pid: number): void;
}

/**
 * The path for what is secret or passing in this run. Folders of killed runs beside it, which hold a kubeconfig, are
 * removed: their names end in the id of a process that is no more.
 * @throws UsageError when the system's folder for temporary files is not fit.
 */
export async function runFolder(runId: string, own: RunProcess, parent: string = tmpdir()): Promise<string> {
  await refuseUnfit(parent);
  for (const name of await readdir(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && isDead(Number(pid), own)) await removeOwn(join(parent, name));
  }
  return join(parent, `sevlane-${runId}-${own.pid}`);
}

const NAME = /^sevlane-\d{14}-[0-9a-f]{6}-(\d+)$/;

async function refuseUnfit(parent: string): Promise<void> {
  try {
    await access(parent, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UsageError(`TMPDIR: ${parent}, the folder for temporary files, cannot be used: ${reason}`, {
      cause,
      hint: 'set TMPDIR to a folder that may be read and written',
    });
  }
}

function isDead(pid: number, own: RunProcess): boolean {
  try {
    own.probe(pid);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** What belongs to another user stays, for it cannot be removed; neither is a reason to stop. */
async function removeOwn(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() === true) await rm(path, { recursive: true, force: true }).catch(() => {});
}
