import type { Environment } from '../model/own-process.ts';
import { shellWord } from '../ssh/shell-word.ts';

/** What is known when the script is written; the rest is looked up whenever it is sourced. */
export interface ProviderScript {
  /** Where the kubeconfig is, unless KUBECONFIG says otherwise. */
  readonly kubeconfig: string;
  /** Empty where the machine has none. */
  readonly kubectl: string;
  readonly oc: string;
}

const FIRST_LINE = '# written by sevlane provider up, taken away by sevlane provider down';

/**
 * The file that KubeVirt's hack/*.sh source for the provider "external": its keys, each bound when it is sourced except
 * for kubectl and oc. It may be sourced under `set -eu`. Source: kubevirtci, cluster/external/provider.sh.
 */
export function providerScript({ kubeconfig, kubectl, oc }: ProviderScript): string {
  return [
    FIRST_LINE,
    `kubeconfig=${bound('KUBECONFIG', shellWord(kubeconfig))}`,
    `kubectl=${shellWord(kubectl)}`,
    `oc=${shellWord(oc)}`,
    `docker_tag=${bound('DOCKER_TAG')}`,
    `docker_prefix=${bound('DOCKER_PREFIX')}`,
    `manifest_docker_prefix=${bound('MANIFEST_DOCKER_PREFIX', bound('DOCKER_PREFIX'))}`,
    `image_pull_policy=${bound('IMAGE_PULL_POLICY', 'Always')}`,
    '',
  ].join('\n');
}

/** True for a script that `providerScript` made: others are not ours to take away. */
export function isOurScript(text: string): boolean {
  return text.startsWith(`${FIRST_LINE}\n`);
}

/**
 * The kubeconfig that a provider script names in this environment, whoever wrote it; undefined when it names none.
 * It is read, not run: what is no plain value or variable reads as absent.
 */
export function kubeconfigOf(text: string, environment: Environment): string | undefined {
  const value = [...text.matchAll(/^(?:export )?kubeconfig=(.*)$/gm)].at(-1)?.[1]?.trim();
  if (value === undefined) return undefined;
  const [, name, operator, fallback] = /^"?\$\{?(\w+)(?:(:?-)(.*?))?\}?"?$/.exec(value) ?? [];
  if (name === undefined) return unquoted(value);
  const found = environment[name];
  const isUsed = operator === '-' ? found !== undefined : found !== undefined && found !== '';
  return isUsed ? found : fallback === undefined ? undefined : unquoted(fallback);
}

/** The shell's word for a variable or what stands in for it. */
function bound(name: string, otherwise = ''): string {
  return `\${${name}:-${otherwise}}`;
}

function unquoted(text: string): string | undefined {
  const plain = /^[\w@%+=:,./-]+$/.exec(text) ?? /^"([^"$`\\]*)"$/.exec(text);
  if (plain !== null) return plain[1] ?? plain[0];
  const single = /^'(.*)'$/.exec(text)?.[1];
  return single?.replaceAll(`'\\''`, "'");
}
