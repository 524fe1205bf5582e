import { randomBytes } from 'node:crypto';
import type { HostFacts } from '../model/host-facts.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { hostFacts } from './facts.ts';
import { parseReadings } from './readings.ts';

const PROBE_WITHIN_MS = 60_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Files that tell what the host is; absent ones are told as absent. */
const FILES = [
  '/proc/cpuinfo',
  '/proc/meminfo',
  '/etc/os-release',
  '/sys/module/kvm_amd/parameters/sev',
  '/sys/module/kvm_amd/parameters/sev_es',
  '/sys/module/kvm_amd/parameters/sev_snp',
  '/sys/fs/cgroup/misc.capacity',
  '/sys/fs/cgroup/misc/misc.capacity',
];
/** Only whether they exist matters. */
const NODES = ['/dev/sev', '/dev/kvm', '/sys/module/kvm_amd', '/sys/module/ccp'];

/**
 * Reads the host's facts in one round trip, and changes nothing there. An unreadable kernel log is not fatal.
 * @throws InfraError when the node does not let us run the commands, or answers with something else.
 */
export async function probeHost(scope: Scope, ssh: SshConnection): Promise<HostFacts> {
  const what = `probe of ${ssh.description}`;
  // Unguessable, so that neither a banner nor a file's content can pass for a line of ours.
  const mark = `sevlane-${randomBytes(9).toString('hex')}`;
  return await within(what, { scope, withinMs: PROBE_WITHIN_MS, blame: 'infra' }, async (signal) => {
    const { stdout, stderr } = await ssh.exec(probeScript(mark), { signal, maxBytes: MAX_BYTES });
    return hostFacts(parseReadings(stdout, { mark, what, stderr }));
  });
}

/**
 * The commands of the probe: POSIX sh, nothing but loops, tests and plain programs, for root as for anybody else.
 * Each answer stands under a line `MARK NAME`; `MARK absent` and `MARK unreadable` say why there is none.
 */
export function probeScript(mark: string): string {
  return [
    `for f in ${FILES.join(' ')}; do echo; echo "${mark} $f"; [ -e $f ] || echo "${mark} absent"; cat $f 2>/dev/null || echo "${mark} unreadable"; done`,
    `for f in ${NODES.join(' ')}; do echo; echo "${mark} $f"; [ -e $f ] || echo "${mark} absent"; done`,
    ...['uname -n', 'uname -r'].map((command) => `echo; echo "${mark} ${command}"; ${command}`),
    `echo; echo "${mark} dmesg"; dmesg 2>/dev/null || echo "${mark} unreadable"`,
    `echo; echo "${mark} end"`,
  ].join('\n');
}
