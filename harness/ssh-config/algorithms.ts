import type { SshAlgorithms } from '../model/host.ts';
import type { SettingProblem } from '../model/setting.ts';
import { type EffectiveConfig, firstOf } from './host-config.ts';
import { fitsList } from './patterns.ts';
import { OTHER_TRANSPORT } from './problems.ts';

/** One kind of algorithm: its keyword, what the built-in transport knows of it, and what OpenSSH would offer by itself. */
interface AlgorithmKind {
  readonly keyword: string;
  readonly field: keyof SshAlgorithms;
  readonly known: readonly string[];
  readonly usual: readonly string[];
}

/**
 * What ssh2 can speak, and OpenSSH's own choice cut to that, in its order: for `+`, `-` and `^` where there is no ssh
 * to tell. Neither host key certificates nor post-quantum key exchange are among them.
 */
export const ALGORITHMS: readonly AlgorithmKind[] = [
  {
    keyword: 'ciphers',
    field: 'ciphers',
    known: [
      ...[
        'chacha20-poly1305@openssh.com',
        'aes128-gcm@openssh.com',
        'aes256-gcm@openssh.com',
        'aes128-gcm',
        'aes256-gcm',
      ],
      ...['aes128-ctr', 'aes192-ctr', 'aes256-ctr', 'aes128-cbc', 'aes192-cbc', 'aes256-cbc', '3des-cbc'],
    ],
    usual: [
      ...['chacha20-poly1305@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
      ...['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'],
    ],
  },
  {
    keyword: 'kexalgorithms',
    field: 'keyExchange',
    known: [
      ...['curve25519-sha256', 'curve25519-sha256@libssh.org'],
      ...['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521', 'diffie-hellman-group-exchange-sha256'],
      ...['diffie-hellman-group14-sha256', 'diffie-hellman-group15-sha512', 'diffie-hellman-group16-sha512'],
      ...['diffie-hellman-group17-sha512', 'diffie-hellman-group18-sha512', 'diffie-hellman-group-exchange-sha1'],
      ...['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
    ],
    usual: [
      ...['curve25519-sha256', 'curve25519-sha256@libssh.org'],
      ...['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521', 'diffie-hellman-group-exchange-sha256'],
      ...['diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512', 'diffie-hellman-group14-sha256'],
    ],
  },
  {
    keyword: 'macs',
    field: 'macs',
    known: [
      ...['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha1-etm@openssh.com'],
      ...['hmac-sha2-256', 'hmac-sha2-512', 'hmac-sha1', 'hmac-md5', 'hmac-sha2-256-96', 'hmac-sha2-512-96'],
      ...['hmac-ripemd160', 'hmac-sha1-96', 'hmac-md5-96'],
    ],
    usual: [
      ...['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha1-etm@openssh.com'],
      ...['hmac-sha2-256', 'hmac-sha2-512', 'hmac-sha1'],
    ],
  },
  {
    keyword: 'hostkeyalgorithms',
    field: 'hostKeys',
    known: [
      ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
      ...['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', 'ssh-dss'],
    ],
    usual: [
      ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
      ...['rsa-sha2-512', 'rsa-sha2-256'],
    ],
  },
];

/** The lists that the user chose, cut to what the built-in transport knows; an empty remainder is a problem. */
export function chosenAlgorithms(config: EffectiveConfig): {
  readonly algorithms: SshAlgorithms | undefined;
  readonly problems: readonly SettingProblem[];
} {
  const problems: SettingProblem[] = [];
  const chosen: { -readonly [Field in keyof SshAlgorithms]: readonly string[] } = {};
  for (const kind of ALGORITHMS) {
    const list = config.isSet(kind.keyword) ? firstOf(config, kind.keyword) : undefined;
    if (list === undefined) continue;
    const rest = namesIn(list, kind).filter((name) => kind.known.includes(name));
    if (rest.length > 0) chosen[kind.field] = [...new Set(rest)];
    else {
      const problem = `${kind.keyword} leaves nothing that the built-in transport knows: ${list.slice(0, 200)}`;
      problems.push({ place: config.placeOf(kind.keyword), problem, fix: OTHER_TRANSPORT });
    }
  }
  return { algorithms: Object.keys(chosen).length > 0 ? chosen : undefined, problems };
}

/** `+`, `-` and `^` in front of a list change OpenSSH's own choice; ssh tells the outcome itself. */
function namesIn(list: string, { known, usual }: AlgorithmKind): readonly string[] {
  const operator = /^[+^-]/.exec(list)?.[0];
  const text = operator === undefined ? list : list.slice(1);
  if (operator === '-') return usual.filter((name) => !fitsList(name, text));
  const named = text
    .split(',')
    .flatMap((one) => (/[*?]/.test(one) ? known.filter((name) => fitsList(name, one)) : [one]));
  if (operator === '+') return [...usual, ...named];
  return operator === '^' ? [...named, ...usual] : named;
}
