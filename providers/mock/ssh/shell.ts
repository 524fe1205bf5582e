import type { Clock } from '../clock.ts';
import { NO_GUESTS, type RunningGuests } from '../physics/asids.ts';
import { hostFiles } from '../physics/files.ts';
import type { HostProfile } from '../physics/host.ts';
import { processorCount } from '../physics/silicon.ts';
import { procUptime } from '../physics/uptime.ts';
import type { Director } from '../scenario/director.ts';
import { freshShell, homeOf, type Machine } from '../shell/environment.ts';
import { runScript } from '../shell/interpret.ts';
import { NULL_DEVICE, treeOf } from '../shell/tree.ts';
import { hostPrograms } from './host-programs.ts';
import { type HostShell, Killed } from './host-shell.ts';

/** The machine behind a shell. */
export interface ShellSetup {
  readonly user: string;
  readonly profile: HostProfile;
  readonly director: Director;
  readonly clock: Clock;
  /** Files beside those that physics gives, e.g. the node's kubeconfig, which root alone may read. */
  readonly ownFiles?: Readonly<Record<string, string>>;
  /** Encrypted guests that run at this moment. */
  readonly running?: () => RunningGuests;
}

/** A bash-like shell on the simulated host. Each command sees the host as it is at its beginning. */
export function openHostShell(setup: ShellSetup): HostShell {
  return {
    async run(command, { stdin, stdout, stderr, signal }) {
      try {
        const code = await runScript(
          command,
          freshShell(hostMachine(setup), { user: setup.user, signal, self: 'bash: line 1' }),
          { stdin, out: stdout, err: stderr },
        );
        return { code };
      } catch (error) {
        const reason: unknown = signal.aborted ? signal.reason : error;
        if (reason instanceof Killed) return { signal: reason.signalName };
        stderr(`bash: ${error instanceof Error ? error.message : String(error)}\n`);
        return { code: 1 };
      }
    },
  };
}

/** The host as it is at this moment. */
function hostMachine({ user, profile, director, clock, ownFiles = {}, running }: ShellSetup): Machine {
  const current = director.host(profile);
  const files = new Map(hostFiles(current, running?.() ?? NO_GUESTS));
  files.set('/dev/null', NULL_DEVICE);
  files.set('/proc/uptime', { kind: 'text', content: procUptime(processorCount(current)), mode: 0o444 });
  for (const [path, content] of Object.entries(ownFiles)) files.set(path, { kind: 'text', content, mode: 0o600 });
  return {
    hostname: current.hostname,
    kernel: current.kernel,
    groups: ['10(wheel)'],
    tree: treeOf(files, (path, content) => director.hostFile(path, content), [homeOf(user)]),
    programs: hostPrograms(current),
    now: () => new Date(clock.now().getTime() + current.clockAheadMs),
    sleep: (ms, until) => clock.sleep(ms, until),
  };
}
