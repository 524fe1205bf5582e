import type ssh2 from 'ssh2';
import type { SshAlgorithms } from '../model/host.ts';
import type { ServerOffer } from './greeting.ts';

type Kind = keyof ServerOffer;

/** Ours, the most wanted first, where the user chose none. */
const PREFERRED: Readonly<Record<Kind, readonly string[]>> = {
  // curve25519 is the cheapest to compute.
  keyExchange: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group18-sha512',
  ],
  // `ssh-rsa` signatures (SHA-1) are left out, as OpenSSH does since 8.8.
  hostKeys: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  // AES-GCM first: chacha20-poly1305 costs 15 to 25 % of the throughput on CPUs with AES instructions.
  ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  macs: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
};

/** What the library can do besides, where the user wants it: lib/protocol/constants.js of ssh2 1.17. */
const ON_DEMAND: Readonly<Record<Kind, readonly string[]>> = {
  keyExchange: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  hostKeys: ['ssh-rsa', 'ssh-dss'],
  ciphers: ['aes128-gcm', 'aes256-gcm', 'aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  macs: ['hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-sha2-256-96', 'hmac-sha2-512-96', 'hmac-sha1-96', 'hmac-md5'],
};

const NAMES: Readonly<Record<Kind, string>> = {
  keyExchange: 'key exchange',
  hostKeys: 'host key',
  ciphers: 'cipher',
  macs: 'MAC',
};

/** What is offered to the server: the user's lists as far as this transport knows them, ours otherwise. */
export type Offered = Readonly<Record<Kind, readonly string[]>>;

/** The lists to offer, or a list of the user of which this transport knows nothing. */
export function offeredAlgorithms(
  chosen: SshAlgorithms | undefined,
  hostKeys: readonly string[],
): { readonly offered: Offered } | { readonly problem: string } {
  const lists = { ...PREFERRED, hostKeys };
  for (const kind of ['keyExchange', 'hostKeys', 'ciphers', 'macs'] as const) {
    const wanted = chosen?.[kind];
    if (wanted === undefined) continue;
    const known = wanted.filter((name) => PREFERRED[kind].includes(name) || ON_DEMAND[kind].includes(name));
    if (known.length === 0) return { problem: `this transport knows no ${NAMES[kind]} of ${wanted.join(', ')}` };
    lists[kind] = known;
  }
  return { offered: lists };
}

/** The same in the words of the library. */
export function libraryAlgorithms({ keyExchange, hostKeys, ciphers, macs }: Offered): ssh2.Algorithms {
  return {
    kex: [...keyExchange] as ssh2.KexAlgorithm[],
    serverHostKey: [...hostKeys] as ssh2.ServerHostKeyAlgorithm[],
    cipher: [...ciphers] as ssh2.CipherAlgorithm[],
    hmac: [...macs] as ssh2.MacAlgorithm[],
  };
}

/** Host key algorithms in our order, first those of which known_hosts has a key, or a known host would look unknown. */
export function hostKeyAlgorithms(knownTypes: ReadonlySet<string>): readonly string[] {
  const isKnown = (algorithm: string) => knownTypes.has(keyTypeFor(algorithm));
  return [...PREFERRED.hostKeys.filter(isKnown), ...PREFERRED.hostKeys.filter((name) => !isKnown(name))];
}

/** The type of key that a host key algorithm signs with. */
export function keyTypeFor(algorithm: string): string {
  return algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm;
}

/** The kind of algorithm of which both sides share none, with both lists; undefined when they do share all. */
export function nothingInCommon(offered: Offered, server: ServerOffer): string | undefined {
  const kind = (['keyExchange', 'hostKeys', 'ciphers', 'macs'] as const).find(
    (each) => !offered[each].some((name) => server[each].includes(name)),
  );
  if (kind === undefined) return undefined;
  return `no ${NAMES[kind]} algorithm: it offers ${server[kind].join(', ') || 'none'}, we offer ${offered[kind].join(', ')}`;
}
