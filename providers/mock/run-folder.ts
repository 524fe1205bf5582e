import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of one run that only its owner can read. */
export interface RunFolder {
  readonly path: string;
  /** Writes a file of mode 0600 and gives its path. */
  write(name: string, content: string): Promise<string>;
  /** Removes the folder with all that is in it. Safe to call twice. */
  remove(): Promise<void>;
}

/** Name of the unix socket in a run's folder; who listens on it is alive. */
export const SOCKET_NAME = 'exec.sock';

/** Makes a fresh folder, mode 0700, below the system's place for temporary files. */
export async function makeRunFolder(): Promise<RunFolder> {
  // Short on purpose: a unix socket's path below it must stay under 108 bytes.
  const path = await mkdtemp(join(tmpdir(), PREFIX));
  return {
    path,
    async write(name, content) {
      const file = join(path, name);
      await writeFile(file, content, { mode: 0o600 });
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/**
 * Removes the folders that killed simulators left: those in which nobody listens on the socket any more.
 * Gives their paths. Folders of other users are theirs.
 */
export async function sweepRunFolders(parent: string = tmpdir()): Promise<readonly string[]> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(PREFIX));
  const paths = names.map((name) => join(parent, name));
  const orphaned = await Promise.all(paths.map((path) => isOrphaned(join(path, SOCKET_NAME))));
  const dead = paths.filter((_, index) => orphaned[index]);
  await Promise.all(dead.map((path) => rm(path, { recursive: true, force: true })));
  return dead;
}

const PREFIX = 'sevlane-sim-';

function isOrphaned(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    // A socket that is not there yet belongs to a folder that is being filled.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
