import { domCapabilities, launcherVirtualizer } from '../../../physics/dom-capabilities.ts';
import { nodeSevInfo } from '../../../physics/node-sev-info.ts';
import type { Program } from '../../../shell/environment.ts';
import { show } from '../../../shell/system-programs.ts';
import { containerShell } from '../../kubelet/container-shell.ts';
import type { ExecHandler, ProgramContext } from '../../kubelet/program.ts';
import { releaseOf } from '../component.ts';
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
  const texts = () => {
    const domain = live();
    return {
      ...launcher.logFiles(),
      '/etc/os-release': OS_RELEASE,
      '/proc/sys/kernel/osrelease': `${profile.kernel.release}\n`,
      ...(domain === undefined ? {} : { [`/var/run/libvirt/qemu/${domain.name}.xml`]: domain.xml }),
    };
  };
  const virsh: Program = (call) =>
    show(
      call,
      runVirsh(call.args, {
        domain: live(),
        capabilities: () => domCapabilities(profile, virtualizer),
        sevInfo: () => nodeSevInfo(profile),
        firmware: profile.firmware,
        version: virtualizer,
      }),
    );
  const { clock, pod } = context;
  const hostname = pod.spec.hostname ?? pod.metadata.name ?? '';
  return containerShell({ hostname, kernel: profile.kernel, clock, user: 'qemu', texts, programs: { virsh } });
}
