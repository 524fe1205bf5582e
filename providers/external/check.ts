import { access, constants, stat } from 'node:fs/promises';
import { delimiter } from 'node:path';
import type { KubeconfigSource } from '../../harness/model/host.ts';
import type { SettingProblem, Surroundings } from '../../harness/provider/contract.ts';
import { shellWord } from '../../harness/ssh/shell-word.ts';
import { resolveSshTarget } from '../../harness/ssh-config/resolve.ts';
import { sshSurroundings } from './surroundings.ts';
import type { ExternalValues } from './values.ts';

/** Every mistake that can be seen before anything is opened, each with its place and its fix. Nobody is asked yet. */
export async function checkExternal(
  values: ExternalValues,
  surroundings: Surroundings,
): Promise<readonly SettingProblem[]> {
  const { ssh, kubeconfig, isKubeconfigNamed, boskos } = values;
  if (boskos.url !== undefined || boskos.type !== undefined) {
    const config = isKubeconfigNamed ? await checkKubeconfig(kubeconfig) : [];
    return [...checkFleet(values), ...config];
  }
  if (ssh === undefined && !isKubeconfigNamed) {
    const fix = 'write --ssh [user@]host[:port], or --kubeconfig FILE when its API can be reached from here';
    return [{ place: '--ssh', problem: 'no node is named', fix }];
  }
  const [way, config] = await Promise.all([checkWay(values, surroundings), checkKubeconfig(kubeconfig)]);
  const nowhere: readonly SettingProblem[] =
    ssh === undefined && kubeconfig.kind === 'node'
      ? [{ place: '--kubeconfig', problem: 'is to be read from the node, but no node is named', fix: 'add --ssh HOST' }]
      : [];
  return [...way, ...nowhere, ...config];
}

/** Which host it will be is not known yet: what is said of it comes from the fleet. */
function checkFleet({ ssh, boskos }: ExternalValues): readonly SettingProblem[] {
  const [url, type] = ['--boskos', '--boskos-type'];
  return [
    ...(boskos.url === undefined
      ? [{ place: type, problem: 'asks for a host, but no Boskos is named', fix: `add ${url} URL` }]
      : []),
    ...(boskos.type === undefined
      ? [{ place: url, problem: 'lends hosts, but it is not said of which type', fix: `add ${type} TYPE` }]
      : []),
    ...(ssh !== undefined && boskos.url !== undefined
      ? [{ place: url, problem: 'lends a host, but --ssh names one', fix: `leave out --ssh or ${url}` }]
      : []),
  ];
}

async function checkWay({ ssh }: ExternalValues, surroundings: Surroundings): Promise<readonly SettingProblem[]> {
  if (ssh === undefined) return [];
  const signal = new AbortController().signal;
  const around = sshSurroundings(surroundings, signal);
  const resolution = await resolveSshTarget(ssh, around.ask === undefined ? around : { ...around, ask: 'later' });
  return 'problems' in resolution ? resolution.problems : [];
}

async function checkKubeconfig(source: KubeconfigSource): Promise<readonly SettingProblem[]> {
  if (source.kind === 'node') return [];
  const place = '--kubeconfig';
  const files = source.path.split(delimiter);
  const states = await Promise.all(files.map(fileState));
  const there = states.filter((state) => state !== 'does not exist');
  if (there.length === 0) {
    const problem = `${files.join(', ')} ${files.length === 1 ? 'does not exist' : 'do not exist'}`;
    return [{ place, problem, fix: 'give the kubeconfig of the cluster, or `node` to read it from the node' }];
  }
  return files.flatMap((file, index) => {
    const state = states[index];
    if (state === 'fine' || state === 'does not exist' || state === undefined) return [];
    const fix = state === 'may not be read' ? `chmod u+r ${shellWord(file)}` : 'give the kubeconfig of the cluster';
    return [{ place, problem: `${file} ${state}`, fix }];
  });
}

async function fileState(path: string): Promise<'fine' | 'does not exist' | 'is not a file' | 'may not be read'> {
  try {
    if (!(await stat(path)).isFile()) return 'is not a file';
    await access(path, constants.R_OK);
    return 'fine';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : 'may not be read';
  }
}
