import { userInfo } from 'node:os';
import type { SshTarget } from '../../../harness/model/host.ts';
import type { Sshd } from '../sshd.ts';

/** How the system's ssh reaches a server of the tests, with nothing of the user's own configuration. */
export function opensshTarget(
  sshd: Sshd,
  changes: {
    readonly args?: readonly string[];
    readonly knownHosts?: string;
    readonly mode?: 'yes' | 'accept-new';
  } = {},
): SshTarget {
  const { args = ['-i', sshd.keyFile], knownHosts = sshd.knownHosts, mode = 'yes' } = changes;
  const options = [`UserKnownHostsFile=${knownHosts}`, 'GlobalKnownHostsFile=none', 'IdentitiesOnly=yes'];
  return {
    ...sshd.target({ hostKeys: { knownHostsFiles: [knownHosts], mode } }),
    auth: [],
    openssh: {
      program: 'ssh',
      destination: `${userInfo().username}@127.0.0.1`,
      args: ['-F', 'none', '-p', String(sshd.port), ...args, ...options.flatMap((option) => ['-o', option])],
    },
  };
}
