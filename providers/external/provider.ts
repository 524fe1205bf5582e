import { InfraError, UsageError } from '../../harness/errors/errors.ts';
import type { Host, SshTarget } from '../../harness/model/host.ts';
import type {
  Provider,
  ProviderFactory,
  SettingProblem,
  SettingValues,
  Surroundings,
} from '../../harness/provider/contract.ts';
import type { Scope } from '../../harness/scope/scope.ts';
import { sshSurroundings } from './surroundings.ts';
import { type ExternalValues, externalValues } from './values.ts';

/** Somebody's node, reached over SSH, or only its cluster's API. What a fleet has lent goes back to it. */
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
  create: (values) => provide(values),
};

function provide(values: SettingValues): Provider {
  const { boskos } = externalValues(values);
  return {
    name: 'external',
    simulated: false,
    ...(boskos.url === undefined ? {} : { waitMs: boskos.waitMs }),
    async acquire(scope, surroundings = {}): Promise<Host> {
      const named = await lentSettings(scope, values, surroundings);
      const { kubeconfig, context, node } = named;
      const ssh = await sshTarget(scope, named, surroundings);
      return {
        kubeconfig,
        ...(ssh === undefined ? {} : { ssh }),
        ...(context === undefined ? {} : { context }),
        ...(node === undefined ? {} : { node }),
      };
    },
  };
}

/** The settings as they are, or with what a fleet says of the host that it lends. */
async function lentSettings(scope: Scope, values: SettingValues, { holder }: Surroundings): Promise<ExternalValues> {
  const named = externalValues(values);
  const { url, type, waitMs } = named.boskos;
  if (url === undefined || type === undefined) return named;
  const [{ lendFromBoskos }, { settingsOfHost }] = await Promise.all([
    import('./boskos/lend.ts'),
    import('./boskos/host-settings.ts'),
  ]);
  const resource = await lendFromBoskos(scope, { url, type, waitMs, owner: holder ?? 'sevlane' });
  return externalValues(await settingsOfHost(scope, resource, values));
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
