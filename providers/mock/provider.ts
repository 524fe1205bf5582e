import { UsageError } from '../../harness/errors/errors.ts';
import type { Host } from '../../harness/model/host.ts';
import type { Provider, ProviderCommand, ProviderFactory, SettingValues } from '../../harness/provider/contract.ts';
import type { Scope } from '../../harness/scope/scope.ts';
import { SIM_SETTINGS } from './settings.ts';
import { simExecCommand } from './sim-exec-command.ts';
import type { SimValues } from './sim-values.ts';

/** `sevlane sim`: the simulated host alone, until Ctrl-C. */
const SIM_COMMAND: ProviderCommand = {
  name: 'sim',
  summary: 'runs the simulated host alone and prints how to reach it, until Ctrl-C',
  settings: [],
  run: async (...words) => await (await import('./sim-command.ts')).simulate(...words),
};

/**
 * A simulated host in this process: real SSH, HTTPS and websockets on loopback, and only the physics is made up.
 * What is simulated is loaded when it is needed: half of a second that nobody else should wait for.
 */
export const mockProvider: ProviderFactory = {
  name: 'mock',
  simulated: true,
  settings: SIM_SETTINGS,
  commands: [SIM_COMMAND, simExecCommand],
  async check(values) {
    const { readSimValues } = await import('./sim-values.ts');
    const read = readSimValues(values);
    return 'problems' in read ? read.problems : [];
  },
  create: (values) => ({
    name: 'mock',
    simulated: true,
    acquire: async (scope) => await lend(await checked(values), scope),
  }),
};

const STOP_WITHIN_MS = 10_000;

async function lend(values: SimValues, scope: Scope): ReturnType<Provider['acquire']> {
  const { startSimulatedHost } = await import('./simulated-host.ts');
  const host = await startSimulatedHost({
    ...values,
    heard: (event) => scope.log.detail(`simulated host: ${event}`),
  });
  scope.defer('simulated host', STOP_WITHIN_MS, () => host.stop());
  const { name } = values.profile;
  scope.log.info(`simulating a ${name} under the scenario ${values.scenario.name}`, { kubernetes: host.kubernetes });
  const meantWith = Object.entries(values.scenario.expect?.with ?? {}).map(([key, value]) => `--${key} ${value}`);
  if (meantWith.length > 0)
    scope.log.info(`scenario ${values.scenario.name} is meant to be run with ${meantWith.join(' ')}`);
  const { host: address, port, user, keyFile, privateKey, knownHostsFile } = host.ssh;
  const lent: Host = {
    ssh: {
      ...{ host: address, port, user },
      auth: [{ kind: 'key', path: keyFile, privateKey: Buffer.from(privateKey) }],
      hostKeys: { knownHostsFiles: [knownHostsFile] },
    },
    kubeconfig: { kind: 'file', path: host.nodeKubeconfigFile },
    manifestMirror: host.manifestMirror,
  };
  return lent;
}

async function checked(values: SettingValues): Promise<SimValues> {
  const { readSimValues } = await import('./sim-values.ts');
  const read = readSimValues(values);
  if ('values' in read) return read.values;
  const [first] = read.problems;
  throw new UsageError(`${first?.place}: ${first?.problem}`, { hint: first?.fix ?? '' });
}
