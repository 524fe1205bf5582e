import type { Parsed } from '../model/setting.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { TECHNOLOGIES, type Technology } from '../model/technology.ts';
import { parseDuration } from './duration.ts';
import { nearest } from './nearest.ts';
import { flagsForSsh } from './ssh-command.ts';

/** `[user@]host[:port]`, as `--ssh` takes it; the host may be a name of ssh_config. */
export interface SshName {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** The KubeVirt to test: one that the run installs, or the one that stands in the cluster. */
export type KubevirtChoice =
  | { readonly kind: 'existing' }
  /** The release that the project calls stable on the day of the run. */
  | { readonly kind: 'stable' }
  | { readonly kind: 'version'; readonly version: string; readonly major: number; readonly minor: number }
  /** A folder of manifests, or an operator's manifest: what version it is stands in it. */
  | { readonly kind: 'path'; readonly path: string }
  /** The same on a web server: the URL of a folder, or of an operator's manifest. */
  | { readonly kind: 'url'; readonly url: string };

/** Any text that is not empty. */
export function text(value: string): Parsed<string> {
  return value.trim() === '' ? { problem: 'is empty', fix: 'give it a value or leave it out' } : { value };
}

/** Paths separated by commas. */
export function paths(value: string): Parsed<readonly string[]> {
  const list = value.split(',').map((path) => path.trim());
  return list.some((path) => path === '')
    ? { problem: `"${value}" names an empty path`, fix: 'write paths separated by single commas' }
    : { value: list };
}

/** `true` or `false`; a bare flag is read as `true`. */
export function onOff(value: string): Parsed<boolean> {
  if (value === 'true' || value === 'false') return { value: value === 'true' };
  return { problem: `"${value}" is neither true nor false`, fix: 'write true or false' };
}

/** A length of time in milliseconds, at least `leastMs`. */
export function duration(leastMs = 1): (value: string) => Parsed<number> {
  return (value) => {
    const ms = parseDuration(value.trim());
    const fix = 'write a number with a unit, e.g. 90s, 5m or 1h30m';
    if (ms === undefined) return { problem: `"${value}" is not a length of time`, fix };
    if (ms < leastMs)
      return { problem: `"${value}" is too short`, fix: `give at least ${spokenTime(leastMs)}, e.g. 90s or 5m` };
    // Node's timers wrap round above 2^31 ms and would fire at once.
    if (ms > 2 ** 31 - 1) return { problem: `"${value}" is too long`, fix: 'give at most 24 days' };
    return { value: ms };
  };
}

/** One word of a fixed list. */
export function oneOf<const Word extends string>(...words: readonly Word[]): (value: string) => Parsed<Word> {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return { value: found };
    const near = nearest(value, words);
    const fix =
      near === undefined ? `use one of ${words.join(', ')}` : `did you mean ${near}? known: ${words.join(', ')}`;
    return { problem: `"${value}" is not known`, fix };
  };
}

/** A whole number from 0 to 2^32 - 1. */
export function seed(value: string): Parsed<number> {
  const number = Number(value);
  return /^\d{1,10}$/.test(value) && number < 2 ** 32
    ? { value: number }
    : { problem: `"${value}" is not a seed`, fix: 'give a whole number from 0 to 4294967295' };
}

/** Technologies separated by commas, in the table's order, each once. */
export function technologies(value: string): Parsed<readonly Technology[]> {
  const words = value.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) return { problem: 'demands nothing', fix: `name some of ${TECHNOLOGIES.join(', ')}` };
  const unknown = words.filter((word) => !TECHNOLOGIES.some((technology) => technology === word));
  if (unknown.length > 0) {
    const near = unknown.map((word) => nearest(word, TECHNOLOGIES)).filter((word) => word !== undefined);
    const fix = `name some of ${TECHNOLOGIES.join(', ')}`;
    return {
      problem: `${unknown.map((word) => `"${word}"`).join(', ')}: no such technology`,
      fix: near.length === 0 ? fix : `did you mean ${near.join(', ')}? ${fix}`,
    };
  }
  return { value: TECHNOLOGIES.filter((technology) => words.includes(technology)) };
}

/** `[user@]host[:port]` or `ssh://[user@]host[:port]`, the host also as `[IPv6]`. */
export function sshName(value: string): Parsed<SshName> {
  const match =
    /^(?:ssh:\/\/)?(?:([^@\s:/,]+)@)?(?:\[([0-9a-fA-F:.%\w]+)\]|([^:@\s/[\],-][^:@\s/[\],]*))(?::(\d{1,5}))?\/?$/.exec(
      value,
    );
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  if (match === null || (port !== undefined && (port < 1 || port > 65_535))) {
    // Somebody may have put a password there.
    const shown = value.replace(/:[^@]*@/, ':...@');
    const flags = flagsForSsh(value);
    return {
      problem: `"${shown}" is not the address of a node`,
      fix:
        flags !== undefined
          ? `write ${flags}`
          : 'write [user@]host[:port], e.g. root@node.example:22, or a name of ssh_config',
    };
  }
  const user = match[1];
  return {
    value: {
      host: match[2] ?? match[3] ?? '',
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
    },
  };
}

/** Addresses separated by commas. */
export function sshNames(value: string): Parsed<readonly SshName[]> {
  const names: SshName[] = [];
  for (const part of value.split(',')) {
    const name = sshName(part.trim());
    if (!('value' in name)) return name;
    names.push(name.value);
  }
  return { value: names };
}

/** A fingerprint as `ssh-keygen -l` prints it. */
export function sshHostKey(value: string): Parsed<string> {
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(value)) return { value: value.replace(/=$/, '') };
  return {
    problem: `"${value}" is not the SHA-256 fingerprint of a host key`,
    fix: 'write what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the node, e.g. SHA256:x7K...',
  };
}

/** `existing`, `stable`, a release such as `v1.9.0`, an absolute path (the table has made it one), or a URL. */
export function kubevirtChoice(value: string): Parsed<KubevirtChoice> {
  if (value === 'existing' || value === 'stable') return { value: { kind: value } };
  if (/^\w[\w+.-]*:\/\//.test(value)) return kubevirtUrl(value);
  if (value.includes('/')) return { value: { kind: 'path', path: value } };
  const match = /^v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?$/.exec(value);
  if (match === null) {
    const near = nearest(value, ['existing', 'stable']);
    return {
      problem: `"${value}" is not a KubeVirt release`,
      fix: `${near === undefined ? '' : `did you mean ${near}? `}write e.g. v1.9.0, stable, existing, a path with a slash such as ./_out/manifests/release, or a URL`,
    };
  }
  const version = value.startsWith('v') ? value : `v${value}`;
  return { value: { kind: 'version', version, major: Number(match[1]), minor: Number(match[2]) } };
}

/** A KubeVirt that can be installed: everything but `existing`. */
export function kubevirtRelease(value: string): Parsed<Exclude<KubevirtChoice, { readonly kind: 'existing' }>> {
  const parsed = kubevirtChoice(value);
  if ('problem' in parsed) return parsed;
  const { value: choice } = parsed;
  if (choice.kind !== 'existing') return { value: choice };
  return { problem: 'what others installed is not upgraded', fix: 'name a release, a path or a URL' };
}

function kubevirtUrl(value: string): Parsed<KubevirtChoice> {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) return { problem: `"${value}" is not a URL`, fix: 'write e.g. https://host.example/folder' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    const problem = `manifests are not fetched by ${url.protocol.slice(0, -1)}`;
    return { problem, fix: 'write an https URL, or the path of a folder or file' };
  }
  // Places are shown in logs and reports.
  if (url.username !== '' || url.password !== '')
    return { problem: 'the URL holds a user or a password', fix: 'fetch the manifests and give their folder instead' };
  return { value: { kind: 'url', url: value } };
}

/** A Kubernetes version such as `v1.36` or `v1.32.3`, with the `v`. */
export function kubernetesVersion(value: string): Parsed<string> {
  return /^v?\d+\.\d+(\.\d+)?$/.test(value)
    ? { value: value.startsWith('v') ? value : `v${value}` }
    : { problem: `"${value}" is not a Kubernetes version`, fix: 'write e.g. v1.32.3' };
}

/** A regular expression, matched line by line when `flags` has m. */
export function regex(flags = ''): (value: string) => Parsed<RegExp> {
  return (value) => {
    try {
      return { value: new RegExp(value, flags) };
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error);
      return {
        problem: `/${value}/ is not a regular expression: ${reason.toLowerCase()}`,
        fix: 'escape characters that are meant literally with a backslash, e.g. \\( for (',
      };
    }
  };
}

/** A DNS label, as Kubernetes wants namespace names. */
export function namespaceName(value: string): Parsed<string> {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)
    ? { value }
    : {
        problem: `"${value}" is not a namespace name`,
        fix: 'use lower-case letters, digits and dashes, at most 63 characters',
      };
}

/** A Kubernetes quantity of memory, kept as text, e.g. `1Gi`. */
export function memoryQuantity(value: string): Parsed<string> {
  return /^[1-9]\d*(Ki|Mi|Gi|Ti|k|M|G|T)$/.test(value)
    ? { value }
    : { problem: `"${value}" is not an amount of memory`, fix: 'write e.g. 1Gi or 544Mi' };
}

/** Where images are pulled from: `registry.example/folder`, without a tag. */
export function imageRegistry(value: string): Parsed<string> {
  return /^[A-Za-z0-9][\w.-]*(:\d+)?(\/[\w.-]+)*$/.test(value)
    ? { value }
    : {
        problem: `"${value}" is not a registry of images`,
        fix: 'write registry and folder, e.g. quay.example/kubevirt',
      };
}

/** An image tag or digest-free version, as registries allow it. */
export function imageTag(value: string): Parsed<string> {
  return /^\w[\w.-]{0,127}$/.test(value)
    ? { value }
    : { problem: `"${value}" is not an image tag`, fix: 'use letters, digits, dots, dashes and underscores' };
}
