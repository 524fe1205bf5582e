import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { InfraError } from '../errors/errors.ts';
import type { Environment, OwnProcess } from '../model/own-process.ts';
import { deadline } from '../scope/deadline.ts';
import type { Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import { identify } from './process-state.ts';
import { WATCHER_SCRIPT } from './watcher-script.ts';

/** Takes one thing off the list again: it has ended, or is removed. */
export type Unwatch = () => void;

/**
 * Looks after what must not outlive sevlane. A small process of its own session holds a pipe from us: when that closes
 * without a goodbye, because we were killed, it ends the children and removes the files within 2 s. The record in the
 * folder lets the next start of sevlane do it when the watcher was killed too.
 */
export interface Watcher {
  /** Folder of this run for what is secret or passing, mode 0700; it goes with all that is in it. */
  readonly folder: string;
  /** To stand in the environment of each watched child, so that what it leaves can be told from others' processes. */
  readonly mark: Environment;
  /** A child is about to be started: until this is taken back, whatever bears the mark counts as ours. */
  starting(): Unwatch;
  /** A child; call this in the moment of its start. `group`, the default: with the process group that it leads. */
  child(pid: number, kind?: 'group' | 'process'): Unwatch;
  /** A file or folder outside of `folder`. */
  file(path: string): Unwatch;
}

interface WatcherOptions {
  readonly own: OwnProcess;
  /** Made when absent. */
  readonly folder: string;
}

const GOODBYE_WITHIN_MS = 4000;
const SWEEP_WITHIN_MS = 5000;

/** Opens the watcher until the scope closes. @throws InfraError when the folder or the process cannot be made. */
export async function openWatcher(scope: Scope, { own, folder }: WatcherOptions): Promise<Watcher> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const record = openRecord(folder);
  const watching = startWatcher(own, folder, 'now');
  const { pid } = watching;
  if (pid === undefined) {
    throw new InfraError(`watcher: cannot start sh: ${(await watching).originalMessage}`, { hint: 'put sh on PATH' });
  }
  let isOver = false;
  void watching.then(({ signal, exitCode }) => {
    if (!isOver) scope.log.detail(`the watcher ended (${signal ?? exitCode}): the next start cleans up after a kill`);
  });
  scope.defer('stop the watcher', GOODBYE_WITHIN_MS + 1000, async () => {
    isOver = true;
    // What is still on the list, because its own undo failed, is left to the watcher.
    watching.stdin.end(record.isEmpty() ? 'bye\n' : '');
    await endWithin(watching, () => kill(own, pid));
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder,
    mark: { SEVLANE_WATCHED: folder },
    starting: () => record.add('starting'),
    child: (childPid, kind = 'group') => record.add(`${kind} ${childPid} ${identify(childPid).startTime ?? '-'}`),
    file: (path) => record.add(`file ${path}`),
  };
}

/**
 * Ends the children and removes the files of a run that is dead, and whose watcher is too, with its folder. The caller
 * has made sure that the folder is ours.
 */
export async function sweepDeadRun(own: OwnProcess, folder: string): Promise<void> {
  const sweeping = startWatcher(own, folder, 'later');
  const { pid } = sweeping;
  if (pid !== undefined) {
    sweeping.stdin.end();
    await endWithin(sweeping, () => kill(own, pid), SWEEP_WITHIN_MS);
  }
  await rm(folder, { recursive: true, force: true });
}

function startWatcher(own: OwnProcess, folder: string, mode: 'now' | 'later') {
  return execa('sh', ['-c', WATCHER_SCRIPT, 'sevlane-watcher', folder, mode], {
    env: { PATH: own.environment.PATH ?? '/usr/bin:/bin' },
    extendEnv: false,
    cwd: '/',
    // A session of its own: Ctrl-C at the terminal is not meant for it.
    detached: true,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
    buffer: false,
    cleanup: false,
    reject: false,
  });
}

async function endWithin(ended: Promise<unknown>, hangUp: () => void, withinMs = GOODBYE_WITHIN_MS): Promise<void> {
  using bound = deadline(withinMs, undefined, () => new InfraError('the watcher does not end'));
  try {
    await settle(ended, bound.signal);
  } catch {
    hangUp();
  }
}

function kill(own: OwnProcess, pid: number): void {
  try {
    own.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

interface WatchRecord {
  add(line: string): Unwatch;
  isEmpty(): boolean;
}

/** The list on disk. It is written in whole each time, at once, and never seen half. */
function openRecord(folder: string): WatchRecord {
  const path = join(folder, 'watched');
  const lines = new Set<string>();
  const write = () => {
    writeFileSync(`${path}.new`, [...lines, ''].join('\n'), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  write();
  return {
    add(line) {
      if (/[\n\r\0]/.test(line)) throw new InfraError(`watcher: cannot note a path with a line break: ${line}`);
      lines.add(line);
      write();
      return () => {
        if (!lines.delete(line)) return;
        try {
          write();
        } catch {
          // The folder is gone, and the list with it.
        }
      };
    },
    isEmpty: () => lines.size === 0,
  };
}
