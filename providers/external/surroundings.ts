import type { Surroundings } from '../../harness/provider/contract.ts';
import type { SshSurroundings } from '../../harness/ssh-config/request.ts';

/** What is around a request for a node. Without a process to start programs from, ssh is not asked. */
export function sshSurroundings({ ask, own }: Surroundings, signal: AbortSignal): SshSurroundings {
  return {
    signal,
    own: own ?? { environment: {}, kill: () => {} },
    ...(ask === undefined ? {} : { ask }),
  };
}
