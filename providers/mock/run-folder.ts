import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** Makes a fresh folder, mode 0700, below the system's place for temporary files. */
export async function makeRunFolder(): Promise<RunFolder> {
  // Short on purpose: a unix socket's path below it must stay under 108 bytes.
  const path = await mkdtemp(join(tmpdir(), 'sevlane-sim-'));
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
