import { InfraError, UsageError } from '../../harness/errors/errors.ts';
import type { Host, SshTarget } from '../../harness/model/host.ts';
import type { Provider, ProviderFactory, SettingProblem, Surroundings } from '../../harness/provider/contract.ts';
import type { Scope } from '../../harness/scope/scope.ts';
import { sshSurroundings } from './surroundings.ts';
import { type ExternalValues, externalValues } from './values.ts';

/** Somebody's node, reached over SSH, or only its cluster's API. Nothing has to be given back. */
export const externalProvider: ProviderFactory = {
  name: 'external',
  simulated: false,
  // All its rows stand in the common table: they are what any real node needs.
  settings: [],
  commands: [],
  async check(values, surroundings = {}) {
    const { checkExternal } = await import('./check.ts');
    return await checkExternal(externalValues(values), surroundings);
  },
  create: (values) => provide(externalValues(values)),
};

function provide(values: ExternalValues): Provider {
  const { kubeconfig, context, node } = values;
  return {
    name: 'external',
    simulated: false,
    async acquire(scope, surroundings = {}): Promise<Host> {
      const ssh = await sshTarget(scope, values, surroundings);
      return {
        kubeconfig,
        ...(ssh === undefined ? {} : { ssh }),
        ...(context === undefined ? {} : { context }),
        ...(node === undefined ? {} : { node }),
      };
    },
  };
}

async function sshTarget(
  scope: Scope,
  { ssh, isKubeconfigNamed }: ExternalValues,
  surroundings: Surroundings,
): Promise<SshTarget | undefined> {
  if (ssh === undefined) {
    if (isKubeconfigNamed) return undefined;
    throw new UsageError('no node is named', { hint: 'write --ssh [user@]host[:port]' });
  }
  const { resolveSshTarget } = await import('../../harness/ssh-config/resolve.ts');
  const resolution = await resolveSshTarget(ssh, sshSurroundings(surroundings, scope.signal));
  if ('problems' in resolution) throw changed(resolution.problems);
  for (const note of resolution.notes) scope.log.info(note);
  return resolution.target;
}

/** All this was checked when the run began: something has changed since, or a person gave no passphrase. */
function changed(problems: readonly SettingProblem[]): InfraError {
  const told = problems.map(({ place, problem }) => `${place}: ${problem}`).join('; ');
  return new InfraError(told, { hint: [...new Set(problems.map(({ fix }) => fix))].join('; ') });
}
