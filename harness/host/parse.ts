/** A switch of a kernel module: `Y`/`N`, or `1`/`0` where it is an integer. */
export function parseSwitch(text: string): boolean | undefined {
  const word = text.trim();
  if (word === 'Y' || word === '1') return true;
  return word === 'N' || word === '0' ? false : undefined;
}

/** One whole number and nothing else. */
export function parseCount(text: string): number | undefined {
  const word = text.trim();
  if (!/^\d{1,15}$/.test(word)) return undefined;
  return Number(word);
}

/** The words of a kernel's command line; undefined when none of them sets anything, as at least one always does. */
export function parseCommandLine(text: string): readonly string[] | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.some((word) => /^[\w.-]+=\S/.test(word)) ? words : undefined;
}

/** Names of IOMMUs as the drivers of AMD and Intel give them. */
export function parseIommus(text: string): readonly string[] | undefined {
  const names = text.split('\n').filter((line) => line !== '');
  return names.every((name) => /^(ivhd|dmar)\d{1,4}$/.test(name)) ? names : undefined;
}

/** ASIDs as the misc controller counts them. SEV-SNP guests are charged to `sev_es`. Source: kernel/cgroup/misc.c. */
export interface AsidCounts {
  readonly sev?: number;
  readonly sevEs?: number;
}

/** `misc.capacity` and `misc.current`: `sev N`, `sev_es N`, others beside them; several files after one another add up. */
export function parseMisc(text: string): AsidCounts | undefined {
  const counts: { sev?: number; sevEs?: number } = {};
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const row = /^(\S+) (\d{1,15}|max)$/.exec(line.trim());
    if (row === null) return undefined;
    const key = row[1] === 'sev' ? 'sev' : row[1] === 'sev_es' ? 'sevEs' : undefined;
    if (key !== undefined && row[2] !== 'max') counts[key] = (counts[key] ?? 0) + Number(row[2]);
  }
  return counts;
}

/** Bytes, as /proc/meminfo tells them. */
export interface Memory {
  readonly totalBytes: number;
  /** What programs can still get; kernels before 3.14 do not tell. */
  readonly availableBytes?: number;
  readonly hugePages: { readonly total: number; readonly free: number; readonly sizeBytes: number };
}

export function parseMeminfo(text: string): Memory | undefined {
  const count = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d{1,15})`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const total = count('MemTotal');
  if (total === undefined || total === 0) return undefined;
  const available = count('MemAvailable');
  return {
    totalBytes: total * 1024,
    ...(available === undefined ? {} : { availableBytes: available * 1024 }),
    hugePages: {
      total: count('HugePages_Total') ?? 0,
      free: count('HugePages_Free') ?? 0,
      sizeBytes: (count('Hugepagesize') ?? 0) * 1024,
    },
  };
}

/** A file as `ls -l` shows it. */
export interface FileNode {
  readonly kind: 'character' | 'directory' | 'file' | 'other';
  /** e.g. `crw-rw-rw-`. */
  readonly mode: string;
}

export function parseNode(text: string): FileNode | undefined {
  const mode = /^([-bcdlps])([-r][-w][-xsS]){2}[-r][-w][-xtT]/.exec(text.trim());
  if (mode === null) return undefined;
  const kinds = { c: 'character', d: 'directory', '-': 'file' } as const;
  return { kind: kinds[mode[1] as keyof typeof kinds] ?? 'other', mode: mode[0] };
}

/** A kernel's release, e.g. `6.11.0-rc3`. */
export interface KernelRelease {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

export function parseRelease(text: string): KernelRelease | undefined {
  const found = /^(\d{1,3})\.(\d{1,4})(?:[.\-+]\S*)?$/.exec(text.trim());
  return found === null ? undefined : { text: text.trim(), major: Number(found[1]), minor: Number(found[2]) };
}

/** Threads of all processes, the fourth word of /proc/loadavg. */
export function parseThreads(text: string): number | undefined {
  const found = /^[\d.]+ [\d.]+ [\d.]+ \d+\/(\d{1,9}) \d+$/.exec(text.trim());
  return found === null ? undefined : Number(found[1]);
}

/** Use of inotify: instances by user id, and watches of all together. */
export interface InotifyUse {
  readonly instances: ReadonlyMap<number, number>;
  readonly watches: number;
}

export function parseInotify(text: string): InotifyUse | undefined {
  const watches = /^watches (\d{1,9})$/m.exec(text)?.[1];
  if (watches === undefined) return undefined;
  const rows = [...text.matchAll(/^\s*(\d{1,9}) (\w+)$/gm)];
  const instances = new Map(
    rows.map(([, count, user]) => [user === 'root' ? 0 : Number(user), Number(count)] as const),
  );
  return { instances, watches: Number(watches) };
}

/** One file system: of its space (bytes) or its inodes. */
export interface FileSystem {
  readonly mountedOn: string;
  readonly total: number;
  readonly free: number;
}

/** `df -P` with `-k` or `-i`; the same mount is told once. File systems that count no inodes are left out. */
export function parseDf(text: string, unit: 1 | 1024): readonly FileSystem[] | undefined {
  const rows = [...text.matchAll(/^\S.*?\s(\d{1,15})\s+(\d{1,15}|-)\s+(\d{1,15}|-)\s+(?:\d+%|-)\s+(\/.*)$/gm)];
  const found = rows.map(([, total, , free, mountedOn]) => ({
    mountedOn: mountedOn ?? '',
    total: Number(total) * unit,
    free: free === '-' ? 0 : Number(free) * unit,
  }));
  const once = found.filter(({ mountedOn, total }, index) => {
    return total > 0 && found.findIndex((other) => other.mountedOn === mountedOn) === index;
  });
  return rows.length === 0 ? undefined : once;
}

/** Seconds since 1970 as `date +%s.%N` gives them; without nanoseconds to the second. */
export function parseClock(text: string): { readonly ms: number; readonly resolutionMs: number } | undefined {
  const found = /^(\d{9,11})(?:\.(\d{9}))?(?:\.?%?N)?$/.exec(text.trim());
  if (found === null) return undefined;
  if (found[2] === undefined) return { ms: Number(found[1]) * 1000 + 500, resolutionMs: 1000 };
  return { ms: Number(found[1]) * 1000 + Number(found[2]) / 1e6, resolutionMs: 1 };
}
