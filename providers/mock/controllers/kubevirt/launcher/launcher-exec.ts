import type { Outcome } from '../../../console/program.ts';
import { domCapabilities, launcherVirtualizer } from '../../../physics/dom-capabilities.ts';
import { nodeSevInfo } from '../../../physics/node-sev-info.ts';
import { containerShell } from '../../kubelet/container-shell.ts';
import type { ExecHandler, ProgramContext } from '../../kubelet/program.ts';
import { releaseOf } from '../process.ts';
import type { Launcher } from './launcher.ts';
import { runVirsh } from './virsh.ts';

const OS_RELEASE = 'NAME="CentOS Stream"\nVERSION="9"\nID="centos"\nVERSION_ID="9"\nPRETTY_NAME="CentOS Stream 9"\n';

/** Commands in the compute container: virsh as it answers in a launcher, and the ordinary programs. */
export function launcherExec(launcher: Launcher, context: ProgramContext): ExecHandler {
  const { profile } = context.node;
  const version = releaseOf(context);
  const virtualizer = launcherVirtualizer(`${version.major}.${version.minor}`);
  const live = () => {
    const domain = launcher.domain();
    return domain === undefined || domain.ended !== undefined ? undefined : domain;
  };
  const files = (path: string): string | undefined => {
    if (path === '/etc/os-release') return OS_RELEASE;
    if (path === '/proc/sys/kernel/osrelease') return `${profile.kernel.release}\n`;
    const domain = live();
    return domain !== undefined && path === `/var/run/libvirt/qemu/${domain.name}.xml` ? domain.xml : undefined;
  };
  const system = {
    hostname: context.pod.spec.hostname ?? context.pod.metadata.name ?? '',
    kernelRelease: profile.kernel.release,
    kernelVersion: profile.kernel.version,
    kernelLog: () => '',
    file: files,
  };
  const virsh = (argv: readonly string[]): Outcome | undefined =>
    /^(\/usr\/bin\/)?virsh$/.test(argv[0] ?? '')
      ? runVirsh(argv.slice(1), {
          domain: live(),
          capabilities: () => domCapabilities(profile, virtualizer),
          sevInfo: () => nodeSevInfo(profile),
          firmware: profile.firmware,
          version: virtualizer,
        })
      : undefined;
  return containerShell(system, virsh, 'qemu');
}
