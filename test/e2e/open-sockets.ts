import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where somebody can be reached: `tcp 0100007F:1F90` as /proc/net/tcp has it, or `unix /path`. */
export type Listener = string;

/** Where these processes listen now. Linux only: reads /proc. */
export function listenersOf(pids: readonly number[]): readonly Listener[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  return [...allListeners()].filter(([, inode]) => inodes.has(inode)).map(([listener]) => listener);
}

/** Which of them are still there, by the kernel's tables or as a socket file or its folder. */
export function stillThere(listeners: readonly Listener[], ownFolder: string): readonly string[] {
  const all = allListeners();
  return listeners.flatMap((listener) => {
    const [kind, path = ''] = listener.split(/ (.*)/s);
    const files = kind === 'unix' && path.startsWith('/') ? [path, dirname(path)] : [];
    // The folder that the test gave is the test's to remove.
    const left = files.filter((file) => file !== ownFolder && existsSync(file));
    return [...(all.has(listener) ? [listener] : []), ...left];
  });
}

/** Inodes by address. */
function allListeners(): ReadonlyMap<Listener, string> {
  const tcp = ['tcp', 'tcp6'].flatMap((kind) =>
    rowsOf(kind)
      .filter(([, , , state]) => state === '0A')
      .map((row): [string, string] => [`${kind} ${row[1]}`, row[9] ?? '']),
  );
  // The flag says that it accepts connections.
  const unix = rowsOf('unix')
    .filter((row) => row[3] === '00010000' && row[7] !== undefined)
    .map((row): [string, string] => [`unix ${row[7]}`, row[6] ?? '']);
  return new Map([...tcp, ...unix]);
}

function rowsOf(kind: string): readonly (readonly string[])[] {
  const [, ...rows] = readFileSync(`/proc/net/${kind}`, 'utf8').trim().split('\n');
  return rows.map((row) => row.trim().split(/\s+/));
}

function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    // It has ended, or closed the file.
    return [];
  }
}
