import { untilStopped } from '../../../clock.ts';
import type { Program, ProgramContext } from '../../kubelet/program.ts';
import type { Wiring } from '../wiring.ts';
import type { Domain } from './launcher.ts';
import { launcherExec } from './launcher-exec.ts';
import { LauncherProcess } from './launcher-process.ts';

/** virt-launcher: one guest, commanded by the virt-handler of its node. Its other containers are told apart by name. */
export function virtLauncher(wiring: Wiring): Program {
  return async (context) => {
    if (context.container === 'guest-console-log') return await tailConsole(wiring, context);
    if (context.container !== 'compute') return 0;
    const launcher = new LauncherProcess(context, wiring.launchers);
    const close = wiring.launchers.listen(launcher.podUid, launcher);
    context.onExec(launcherExec(launcher, context));
    context.log('{"component":"virt-launcher","level":"info","msg":"Connected to libvirt daemon: qemu:///session"}');
    context.ready();
    await Promise.race([untilStopped(context.signal), launcher.guestEnded]);
    await launcher.leave();
    close();
    return 0;
  };
}

/** The container that shows what the guest writes to its serial port. */
async function tailConsole(wiring: Wiring, context: ProgramContext): Promise<number> {
  context.ready();
  const launcher = await wiring.launchers.reach(context.pod.metadata.uid ?? '', context.signal);
  let heard: Domain | undefined;
  const listen = () => {
    const domain = launcher?.domain();
    if (domain === undefined || heard !== undefined) return;
    heard = domain;
    domain.guest.serial.listen((bytes) => context.write(bytes.toString('utf8')));
  };
  launcher?.onChange(listen);
  listen();
  await untilStopped(context.signal);
  return 0;
}
