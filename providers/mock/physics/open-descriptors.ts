/** Processes of a node that watch files: process id and how many inotify instances it holds. All run as root. */
const WATCHERS: readonly (readonly [pid: number, instances: number])[] = [
  [1, 5],
  [1207, 3],
  [2044, 9],
  [2391, 6],
];

/** What /proc shows of open descriptors: links by path. Only those of inotify are told. */
export function openDescriptors(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    WATCHERS.flatMap(([pid, instances]) =>
      Array.from({ length: instances }, (_, index) => [`/proc/${pid}/fd/${index + 4}`, 'anon_inode:inotify'] as const),
    ),
  );
}
