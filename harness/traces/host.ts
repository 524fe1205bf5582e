import { randomBytes } from 'node:crypto';
import type { Difference } from '../model/traces.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { execReading } from '../ssh/read-again.ts';

/** What of KubeVirt, of QEMU and of libvirt is on the host; each a word that names it. */
export interface HostTraces {
  /** `process qemu-kvm 4711 in a pod`. */
  readonly processes: ReadonlySet<string>;
  /** Paths that KubeVirt makes on a node. */
  readonly files: ReadonlySet<string>;
  /** Domains of the host's own libvirt; undefined when it has none that answers. */
  readonly domains: ReadonlySet<string> | undefined;
}

export type HostReader = (signal: AbortSignal) => Promise<HostTraces>;

const COMMAND = 'env LC_ALL=C sh -s';
/** Folders stay: hostPath volumes with DirectoryOrCreate make them. Source: KubeVirt, pkg/virt-operator/resource/generate/components. */
const FOLDERS = [
  '/var/run/kubevirt',
  '/var/run/kubevirt-private',
  '/var/run/kubevirt-libvirt-runtimes',
  '/var/lib/kubevirt',
  '/var/lib/kubevirt-node-labeller',
];
const OF_INTEREST = '^(virt-.*|qemu-.*|virtqemud|virtlogd)$';
const SOCKETS = '/var/lib/kubelet/device-plugins/kubevirt-*.sock';

/** Reads it in one command, which changes nothing. @throws InfraError when the node does not let us run it. */
export function hostReader(ssh: SshConnection): HostReader {
  return async (signal) => {
    // Unguessable, so that no banner can pass for a line of ours.
    const mark = `sevlane-${randomBytes(9).toString('hex')}`;
    const { stdout } = await execReading(ssh, COMMAND, { signal, stdin: script(mark) });
    return parseHostTraces(stdout, mark);
  };
}

function script(mark: string): string {
  return [
    `m=${mark}`,
    'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH',
    // One look at all of them: a busy host has thousands.
    `for f in $(grep -lE '${OF_INTEREST}' /proc/[0-9]*/comm 2>/dev/null); do d=$(dirname "$f")`,
    'w="on the host"; grep -q kubepods "$d/cgroup" 2>/dev/null && w="in a pod"',
    'echo "$m process $(cat "$f" 2>/dev/null) $(basename "$d") $w"; done',
    `for f in ${FOLDERS.join(' ')} ${SOCKETS}; do if [ -e "$f" ]; then echo "$m file $f"; fi; done`,
    't=; command -v timeout >/dev/null 2>&1 && t="timeout 10"',
    'if command -v virsh >/dev/null 2>&1 && l=$($t virsh -r list --all --name 2>/dev/null </dev/null); then',
    'for n in $l; do echo "$m domain $n"; done; echo "$m domains read"; fi',
    'echo "$m end"',
    '',
  ].join('\n');
}

/** @throws Error when the answer was cut. */
export function parseHostTraces(output: string, mark: string): HostTraces {
  const lines = output
    .split('\n')
    .flatMap((line) => (line.startsWith(`${mark} `) ? [line.slice(mark.length + 1)] : []));
  if (!lines.includes('end')) throw new Error('the host did not answer to the end');
  const after = (word: string) =>
    new Set(lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1).trim()] : [])));
  return {
    processes: after('process'),
    files: after('file'),
    domains: lines.includes('domains read') ? after('domain') : undefined,
  };
}

/** What is there now and was not before, and the other way round. */
export function compareHosts(before: HostTraces, after: HostTraces, hasInstalled: boolean): readonly Difference[] {
  const ours = (is: boolean): Difference['whose'] => (is && hasInstalled ? 'ours' : "others'");
  const isPods = (name: string) => name.startsWith('virt-') || name.endsWith(' in a pod');
  return [
    ...between(before.processes, after.processes, 'host process', (name) => ours(isPods(name))),
    ...between(before.files, after.files, 'host file', (name) =>
      FOLDERS.includes(name) && hasInstalled ? "KubeVirt's" : ours(true),
    ),
    ...(before.domains === undefined || after.domains === undefined
      ? []
      : between(before.domains, after.domains, 'host domain', () => "others'")),
  ];
}

function between(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  label: string,
  whose: (name: string) => Difference['whose'],
): readonly Difference[] {
  const added = [...after].filter((name) => !before.has(name));
  const removed = [...before].filter((name) => !after.has(name));
  return [
    ...added.map((name): Difference => ({ how: 'added', what: `${label} ${name}`, fields: [], whose: whose(name) })),
    ...removed.map((name): Difference => ({ how: 'removed', what: `${label} ${name}`, fields: [], whose: "others'" })),
  ];
}
