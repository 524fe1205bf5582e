import type { SshTarget } from '../model/host.ts';
import { shellWord } from './shell-word.ts';

/** Whose key is to be written down, and where. */
export interface Keyscan extends Pick<SshTarget, 'host' | 'port'> {
  readonly alias?: string | undefined;
  /** The words after `ssh` that lead to the host in between from which it can be seen; none: it is seen from here. */
  readonly via: readonly string[];
  /** e.g. `ssh-ed25519`; absent: keys of all types. */
  readonly keyType?: string;
  readonly file: string;
}

/**
 * The command that writes a host key down. ssh-keyscan knows no way through other hosts, so it is run on the last one
 * in between, and it knows no alias, so its name is put there afterwards.
 */
export function keyscanCommand({ host, port, alias, via, keyType, file }: Keyscan): string {
  const kind = keyType
    ?.toLowerCase()
    .replace(/^ssh-/, '')
    .replace(/^ecdsa-.*/, 'ecdsa');
  const scan = [
    ...(via.length === 0 ? [] : ['ssh', ...via]),
    'ssh-keyscan',
    ...(kind === undefined ? [] : ['-t', kind]),
    ...(port === 22 ? [] : ['-p', String(port)]),
    host,
  ];
  const renamed = alias === undefined ? '' : ` | sed 's/^[^ ]*/${alias.replace(/[^\w.:-]/g, '')}/'`;
  const command = `${scan.map(shellWord).join(' ')}${renamed} >>`;
  if (file !== NOWHERE) return `${command} ${shellWord(file)}`;
  return `${command} ~/.ssh/known_hosts, and name that file, since ${NOWHERE} keeps nothing: --ssh-known-hosts ~/.ssh/known_hosts`;
}

/** What a UserKnownHostsFile names that is to remember nobody. */
const NOWHERE = '/dev/null';

/** The command that takes a name out of a known_hosts file. */
export function removalCommand(name: string, file: string): string {
  return `ssh-keygen -R ${shellWord(name)} -f ${shellWord(file)}`;
}

/** The words after `ssh` that lead to the last of these hosts. */
export function wayTo(through: readonly SshTarget[]): readonly string[] {
  const last = through.at(-1);
  if (last === undefined) return [];
  if (last.byHand !== undefined) return last.byHand;
  const name = ({ user, host, port }: SshTarget) =>
    `${user}@${host.includes(':') ? `[${host}]` : host}${port === 22 ? '' : `:${port}`}`;
  const before = through.slice(0, -1).map(name).join(',');
  return [
    ...(before === '' ? [] : ['-J', before]),
    ...(last.port === 22 ? [] : ['-p', String(last.port)]),
    `${last.user}@${last.host}`,
  ];
}
