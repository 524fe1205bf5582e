import { access, constants, lstat, readdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { sweepDeadRun } from './command/watcher.ts';
import { UsageError } from './errors/errors.ts';
import type { OwnProcess } from './model/own-process.ts';

/**
 * The path for what is secret or passing in this run. Folders of killed runs beside it, which hold a kubeconfig, are
 * removed, and what their watchers could not end is ended: their names end in the id of a process that is no more.
 * @throws UsageError when the system's folder for temporary files is not fit.
 */
export async function runFolder(runId: string, own: OwnProcess, parent: string = tmpdir()): Promise<string> {
  await refuseUnfit(parent);
  for (const name of await readdir(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && isDead(Number(pid), own)) await removeOwn(join(parent, name), own);
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

function isDead(pid: number, own: OwnProcess): boolean {
  try {
    own.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** What belongs to another user stays: it says nothing that we should do. Neither is a reason to stop. */
async function removeOwn(path: string, own: OwnProcess): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() !== true || found.uid !== userInfo().uid) return;
  await sweepDeadRun(own, path).catch(() => {});
}
