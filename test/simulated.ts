import { readFile } from 'node:fs/promises';
import type { SshTarget } from '../harness/model/host.ts';
import { HOST_PROFILES } from '../providers/mock/physics/profiles/profiles.ts';
import { loadScenario } from '../providers/mock/scenario/named.ts';
import { type SimulatedHost, type SimulatedHostOptions, startSimulatedHost } from '../providers/mock/simulated-host.ts';

/** A healthy simulated Milan that runs fast, with changes. */
export async function startHost(changes: Partial<SimulatedHostOptions> = {}): Promise<SimulatedHost> {
  const loaded = loadScenario('healthy');
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return await startSimulatedHost({
    profile: HOST_PROFILES.milan,
    scenario: loaded.scenario,
    pace: 100,
    seed: 1,
    ...changes,
  });
}

/** How the harness reaches it. */
export async function connectionTo({ ssh }: SimulatedHost): Promise<SshTarget> {
  return {
    host: ssh.host,
    port: ssh.port,
    user: ssh.user,
    auth: [{ kind: 'key', path: ssh.keyFile, privateKey: await readFile(ssh.keyFile) }],
    hostKeys: { knownHostsFiles: [ssh.knownHostsFile] },
  };
}
