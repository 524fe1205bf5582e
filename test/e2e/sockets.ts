import { readdir, readFile, readlink } from 'node:fs/promises';

/** Names of the programs on this machine that hold a TCP connection to this loopback port now. Linux only: reads /proc. */
export async function programsConnectedTo(port: number): Promise<ReadonlySet<string>> {
  const inodes = await connectionsTo(port);
  const names = new Set<string>();
  if (inodes.size === 0) return names;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await holdsAny(pid, inodes)) names.add((await readFile(`/proc/${pid}/comm`, 'utf8')).trim());
  }
  return names;
}

/** Socket inodes of established connections whose far end is the port. */
async function connectionsTo(port: number): Promise<ReadonlySet<string>> {
  const [, ...rows] = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n');
  const far = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return new Set(
    fields.flatMap(([, , remote, state, , , , , , inode]) =>
      remote === far && state === '01' && inode !== undefined ? [`socket:[${inode}]`] : [],
    ),
  );
}

async function holdsAny(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  // A process may end while we look at it.
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(files.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  return targets.some((target) => inodes.has(target));
}
