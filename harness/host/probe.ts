import { randomBytes } from 'node:crypto';
import type { HostFacts } from '../model/host-facts.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { execReading } from '../ssh/read-again.ts';
import { parseReadings } from './readings.ts';
import { PROBE_COMMAND, probeScript } from './script.ts';
import type { HostState } from './state.ts';
import { hostState } from './understand.ts';

const PROBE_WITHIN_MS = 60_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** The host's facts as a run needs them. @throws as readHost does. */
export async function probeHost(scope: Scope, ssh: SshConnection): Promise<HostFacts> {
  return (await readHost(scope, ssh)).facts;
}

/**
 * Reads everything about the host in one round trip, and changes nothing there. What cannot be read is no error.
 * @throws InfraError when the node does not let us run the commands, or answers with something else.
 */
export async function readHost(scope: Scope, ssh: SshConnection): Promise<HostState> {
  const what = `probe of ${ssh.description}`;
  // Unguessable, so that neither a banner nor a file's content can pass for a line of ours.
  const mark = `sevlane-${randomBytes(9).toString('hex')}`;
  return await within(what, { scope, withinMs: PROBE_WITHIN_MS, blame: 'infra' }, async (signal) => {
    const before = Date.now();
    const { stdout, stderr } = await execReading(ssh, PROBE_COMMAND, {
      signal,
      stdin: probeScript(mark),
      maxBytes: MAX_BYTES,
    });
    return hostState(parseReadings(stdout, { mark, what, stderr }), { before, after: Date.now() });
  });
}
