import { ConnectionCut, InfraError } from '../../errors/errors.ts';
import type { SshTarget } from '../../model/host.ts';
import { describeTarget, type Hop, route } from '../hop.ts';
import { keyscanCommand, removalCommand, wayTo } from '../host-key-commands.ts';
import { knownHostName } from '../known-hosts.ts';
import { shellWord } from '../shell-word.ts';
import { PIN_WORD, SEEN_WORD } from './arguments.ts';

/** What ssh said before it ended, and with what. */
export interface LastWords {
  /** `user@host:port`, with the hosts in between. */
  readonly description: string;
  readonly said: string;
  /** For names and commands in hints. */
  readonly target: SshTarget;
  readonly cause?: unknown;
}

interface Meaning {
  readonly pattern: RegExp;
  /** What it means; `$1` and so on stand for the groups of the pattern. Default: ssh's own words. */
  readonly words?: string;
  readonly hint: string;
  /** Another try may go better: the host is down or busy, the network is not there. */
  readonly mayHeal?: true;
}

/** The first that fits counts. Messages of OpenSSH 7.4 to 10. */
const MEANINGS: readonly Meaning[] = [
  {
    pattern: /REVOKED HOST KEY DETECTED|host key .* (?:is|was) revoked/i,
    words: 'its host key is revoked',
    hint: 'the host must get a new key; never connect with this one',
  },
  {
    pattern: /Certificate invalid: (.+)/,
    words: 'its host certificate is not valid: $1',
    hint: "have the host's certificate signed anew, for the name that is used here; see ssh-keygen -L -f CERTIFICATE on the host",
  },
  {
    pattern: /Host key verification failed/,
    words: 'its host key could not be verified',
    hint: 'log in once with ssh by hand and look at what it asks',
  },
  {
    pattern: /Permissions \S+ for '(.+)\.pub' are too open/,
    words: '$1.pub is a public key by its name, and no ssh-agent that is asked holds the private one',
    hint: 'give the private key: $1',
  },
  {
    // ssh looks at the mode before it looks at what the file is.
    pattern: /Permissions \S+ for '(.+)' are too open/,
    words: 'the key $1 can be read by others, so ssh does not use it',
    hint: 'if it is your private key: chmod 600 $1',
  },
  {
    pattern: /Bad owner or permissions on (\S+)/,
    words: '$1 belongs to or can be written by others, so ssh does not read it',
    hint: 'chmod 600 $1',
  },
  {
    pattern:
      /(?:^|: )(.*(?:Bad configuration option|terminating, \d+ bad configuration options|unknown option|illegal option|Unsupported option|Bad .* specification|keyword .* extra arguments).*)/m,
    words: 'ssh does not accept its configuration: $1',
    hint: 'mend ssh_config at that line; ssh -G HOST shows what ssh makes of it',
  },
  {
    pattern: /Could not resolve hostname (\S+): (.+)/i,
    words: 'the name $1 cannot be resolved: $2',
    hint: 'check the name, and that DNS works here',
    mayHeal: true,
  },
  {
    pattern: /connect to host (\S+) port (\d+): (.*refused)/i,
    words: 'nothing listens at $1 port $2: $3',
    hint: 'check the address and that sshd runs there',
    mayHeal: true,
  },
  {
    pattern: /connect to host (\S+) port (\d+): (.+)/,
    words: '$1 port $2 cannot be reached: $3',
    hint: 'check that the address is right and a firewall lets it through',
    mayHeal: true,
  },
  {
    pattern: /timed out during banner exchange|Connection timed out|Operation timed out/i,
    words: 'no answer in time',
    hint: 'check that the address is right and a firewall lets it through',
    mayHeal: true,
  },
  {
    pattern: /Timeout, server (\S+) not responding/,
    words: 'the node stopped answering heartbeats',
    hint: 'check the node and the network between here and there, then run again',
    mayHeal: true,
  },
  {
    pattern: /Too many authentication failures/,
    hint: 'name the one key to use: --ssh-key FILE, or IdentitiesOnly yes in ssh_config',
  },
  {
    pattern: /Permission denied \(([^)]*)\)/,
    words: 'the host refused us (it takes $1)',
    hint: 'check user name and key; ssh -v shows what is offered; a key that must be asked for has to be in the agent',
  },
  {
    pattern: /Unable to negotiate .*: (no matching .*)/,
    words: 'no common algorithm: $1',
    hint: 'choose one that both know in ssh_config, e.g. KexAlgorithms or HostKeyAlgorithms',
  },
  {
    pattern: /(?:kex_exchange_identification|ssh_exchange_identification|banner exchange): (.+)/,
    words: 'the host hung up before it greeted us: $1',
    hint: 'it may be too busy (MaxStartups), or keep us out (fail2ban, PerSourcePenalties, hosts.deny)',
    mayHeal: true,
  },
  {
    pattern: /Connection (?:closed|reset) by|Broken pipe|closed by remote host|client_loop: send disconnect/i,
    hint: 'check the node and the network between here and there, then run again',
    mayHeal: true,
  },
];

/** The error for a connection that ssh could not make, in the words of the field, with the fix. */
export function explainFailure({ description, said, target, cause }: LastWords): InfraError | ConnectionCut {
  const details = cause === undefined ? {} : { cause };
  const other = otherThanPinned(said, target);
  if (other !== undefined) return other;
  const hostKey = unknownKey(said, target) ?? changedKey(said, target);
  if (hostKey !== undefined) {
    return new InfraError(`ssh ${description}: ${hostKey.words}`, { ...details, hint: hostKey.hint });
  }
  for (const meaning of MEANINGS) {
    const match = meaning.pattern.exec(said);
    if (match === null) continue;
    const fill = (text: string) => text.replace(/\$(\d)/g, (_, index: string) => (match[Number(index)] ?? '').trim());
    const words = meaning.words === undefined ? lastLines(said) : fill(meaning.words);
    const make = meaning.mayHeal === true ? ConnectionCut : InfraError;
    return new make(`ssh ${description}: ${words}`, { ...details, hint: fill(meaning.hint) });
  }
  const words = lastLines(said);
  return new InfraError(`ssh ${description}: ${words === '' ? 'ssh ended without a word' : `ssh ended: ${words}`}`, {
    ...details,
    hint: `try by hand: ssh -v ${byHand(target)}`,
  });
}

/** The error for a connection that stood and is gone: it may always heal. */
export function explainCut({ description, said, cause }: Omit<LastWords, 'target'>, forMs: number): ConnectionCut {
  const seconds = Math.round(forMs / 100) / 10;
  const reason = /Timeout, server/.test(said) ? 'the node stopped answering heartbeats' : lastLines(said);
  return new ConnectionCut(
    `ssh ${description}: connection lost at ${new Date().toISOString()}, ${seconds} s after it was made: ${reason || 'ssh ended without a word'}`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: 'check the node and the network between here and there, then run again',
    },
  );
}

interface Words {
  readonly words: string;
  readonly hint: string;
}

function unknownKey(said: string, target: SshTarget): Words | undefined {
  const match = /No (\S+) host key is known for (\S+) and you have requested strict checking/.exec(said);
  if (match === null) return undefined;
  const [, type = '', name = ''] = match;
  const { hop, file } = placeOf(name, target);
  const { keyType = type, print } = seenKey(said, name) ?? {};
  const keyscan = scanOf(hop, type, file);
  const { knownHostsFiles, isAnyKeyWanted } = hop.target.hostKeys;
  const unfollowed = isAnyKeyWanted === true ? '; StrictHostKeyChecking no is never followed' : '';
  return {
    words: `host key of ${name} is not known: it offers ${keyType}${print === undefined ? '' : ` ${print}`}; looked in ${knownHostsFiles.join(', ') || 'no known_hosts file'}${unfollowed}`,
    hint: `${COMPARE}, then: ${keyscan}`,
  };
}

const COMPARE = "compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub)";

/** The key that this host showed last, as our known_hosts command was told. */
function seenKey(said: string, name: string): { readonly keyType: string; readonly print: string } | undefined {
  const lines = said.split(/[\r\n]+/).filter((line) => line.startsWith(`${SEEN_WORD} ${name} `));
  const [, , keyType, print] = lines.at(-1)?.split(' ') ?? [];
  return keyType === undefined || print === undefined ? undefined : { keyType, print };
}

/** Which of the hosts on the way ssh means; the node when that cannot be told. */
function placeOf(
  name: string,
  target: SshTarget,
): { readonly hop: Pick<Hop, 'target' | 'through'>; readonly file: string } {
  const hops = route(target);
  const hop = hops.find((one) => knownHostName(hostOf(one.target)) === name) ??
    hops.findLast((one) => one.target.host === name) ?? { target, through: [] };
  return { hop, file: hop.target.hostKeys.knownHostsFiles[0] ?? '~/.ssh/known_hosts' };
}

function scanOf({ target, through }: Pick<Hop, 'target' | 'through'>, keyType: string, file: string): string {
  const { host, port, hostKeys } = target;
  return keyscanCommand({ host, port, alias: hostKeys.alias, via: wayTo(through), keyType, file });
}

function hostOf({ host, port, hostKeys: { alias } }: SshTarget) {
  return { host, port, ...(alias === undefined ? {} : { alias }) };
}

function changedKey(said: string, target: SshTarget): Words | undefined {
  if (!/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(said)) return undefined;
  const seen = /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?\s/.exec(said);
  const place = /Offending (\S+) key in (.+):(\d+)/.exec(said);
  // ssh may leave the port out here.
  const named = /ost key for (\S+) has changed/.exec(said)?.[1] ?? target.host;
  const { hop, file } = placeOf(named, target);
  const name = knownHostName(hostOf(hop.target));
  const offered = seen === null ? '' : `: it offers ${seen[1]} ${seen[2]}`;
  const expected = place === null ? '' : `, expected the ${place[1]} key at ${place[2]}:${place[3]}`;
  const offending = place?.[2] ?? file;
  const keyscan = scanOf(hop, seen?.[1] ?? 'ed25519', offending);
  return {
    words: `host key of ${name} has changed${offered}${expected}; nobody was told a secret`,
    hint: `someone may be in between; if the host was reinstalled, compare the fingerprint there, then: ${removalCommand(name, offending)} && ${keyscan}`,
  };
}

/** The host showed a key that is not the pinned one; it may have that one too, of another type. */
export class OtherThanPinned extends InfraError {
  /** e.g. `ssh-ed25519`. */
  readonly keyType: string;
  /** Type and fingerprint. */
  readonly seen: string;

  constructor(target: SshTarget, keys: readonly string[]) {
    const name = knownHostName(hostOf(target));
    super(
      `ssh ${describeTarget(target)}: host key of ${name} is not the one that --ssh-host-key names: it offers ${keys.join(', ')}, expected ${target.hostKeys.pinned}; nobody was told a secret`,
      { hint: COMPARE },
    );
    this.seen = keys.at(-1) ?? '';
    this.keyType = this.seen.split(' ')[0] ?? '';
  }
}

function otherThanPinned(said: string, target: SshTarget): OtherThanPinned | undefined {
  const seen = new RegExp(`^${PIN_WORD} (.+?)\\r?$`, 'm').exec(said)?.[1];
  return target.hostKeys.pinned === undefined || seen === undefined ? undefined : new OtherThanPinned(target, [seen]);
}

/** What a banner or a motd says is no reason; ssh's own words come last. */
function lastLines(said: string): string {
  const lines = said
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\p{Cc}/gu, '').trim())
    .filter((line) => line !== '' && !/^(@+|Warning: Permanently added|sevlane-)/.test(line));
  return lines.slice(-3).join('; ').slice(-400);
}

function byHand({ byHand: words, host, port }: SshTarget): string {
  return words === undefined ? `-p ${port} ${host}` : words.map(shellWord).join(' ');
}
