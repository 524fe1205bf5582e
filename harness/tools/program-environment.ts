import type { Environment } from '../model/own-process.ts';
import type { Setting } from '../model/setting.ts';
import type { ToolInput } from './command.ts';
import type { ToolGround } from './ground.ts';

/**
 * What KubeVirt's scripts read beside KUBECONFIG for the provider "external", and the settings that say the same, the
 * first of them that is given. Source: kubevirtci, hack/config.sh.
 */
const KUBEVIRT_NAMES = {
  DOCKER_PREFIX: ['image-prefix', 'image-registry'],
  DOCKER_TAG: ['image-tag'],
  IMAGE_PULL_POLICY: ['image-pull-policy'],
} as const;
/** Where we were led by these, the copy leads to the same place: another sevlane in there must follow KUBECONFIG. */
const SUPERSEDED = ['provider', 'kubeconfig', 'kube-context'];

/**
 * The environment of a program that works on the cluster: the user's own, with the way to the cluster in it and without
 * our secrets.
 */
export function programEnvironment(
  { kubeconfigPath }: Pick<ToolGround, 'kubeconfigPath'>,
  { own, rows, values }: Pick<ToolInput, 'own' | 'rows' | 'values'>,
): Environment {
  const hidden = secretNames(rows);
  const added: Record<string, string> = { KUBECONFIG: kubeconfigPath, KUBEVIRT_PROVIDER: 'external' };
  for (const { key } of rows) if (SUPERSEDED.includes(key)) hidden.add(nameOf(key));
  for (const [name, keys] of Object.entries(KUBEVIRT_NAMES)) {
    const key = keys.find((each) => typeof values[each] === 'string');
    const value = key === undefined ? undefined : values[key];
    // What came from the user's environment stands there already, each name with its own meaning.
    const stands = rows.find((row) => row.key === key)?.env?.some((each) => own.environment[each] === value);
    if (typeof value === 'string' && stands !== true) added[name] = value;
  }
  const passed = Object.entries(own.environment).filter(([name]) => !hidden.has(name));
  return { ...Object.fromEntries(passed), ...added };
}

/** The variables that may hold a secret of a run: none of them is anybody else's business. */
export function secretNames(rows: readonly Setting[]): Set<string> {
  const secrets = rows.filter(({ secret }) => secret === true);
  return new Set(secrets.flatMap(({ key, env = [] }) => [nameOf(key), ...env]));
}

function nameOf(key: string): string {
  return `SEVLANE_${key.toUpperCase().replaceAll('-', '_')}`;
}
