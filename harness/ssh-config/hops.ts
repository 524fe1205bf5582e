import { type ConfigReader, type EffectiveConfig, firstOf, unlessNone } from './host-config.ts';
import { mistake } from './problems.ts';
import type { Account, SshName } from './request.ts';

/** One host on the way, the node last, and what is in effect for it. */
export interface Hop {
  readonly name: SshName;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly config: EffectiveConfig;
}

/** More hops are a loop that changes its names. */
const MAX_HOPS = 16;

/**
 * The way to a host, the nearest hop first and the host last, as OpenSSH goes it: a host's own jumps are given to
 * the last of them, and the first one follows its own ProxyJump. @throws SshProblems on a loop.
 */
export async function findHops(
  way: { readonly name: SshName; readonly jumps: readonly SshName[] | undefined; readonly account: Account },
  read: ConfigReader,
): Promise<readonly Hop[]> {
  const hops: Hop[] = [];
  const passed: string[] = [];
  let { name, jumps } = way as { name: SshName; jumps: readonly SshName[] | undefined };
  for (;;) {
    const written = spelled(name);
    const config = await read(name, jumps?.map(spelled).join(','));
    const hop = { name, ...addressOf(name, config, way.account), config };
    // A host that is told through whom to go cannot lead back by itself.
    if (jumps === undefined && passed.includes(written)) throw loop([...passed, written], config, way.jumps);
    if (hops.length >= MAX_HOPS) throw loop([...passed, written], config, way.jumps);
    passed.push(written);
    hops.unshift(hop);
    const next: readonly SshName[] = jumps ?? jumpsIn(config);
    const last = next.at(-1);
    if (last === undefined) return hops;
    jumps = next.length > 1 ? next.slice(0, -1) : undefined;
    name = last;
  }
}

/** `[user@]host[:port]`, as ssh writes it. */
export function spelled({ user, host, port }: SshName): string {
  const plain = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${plain}${port === undefined ? '' : `:${port}`}`;
}

function addressOf(name: SshName, config: EffectiveConfig, account: Account) {
  const user = name.user ?? firstOf(config, 'user') ?? account.name;
  if (user === undefined) {
    const fix = `write ${name.host} with its user: user@${name.host}`;
    throw mistake('--ssh', `nobody says as whom to log in on ${name.host}: this user has no name`, fix);
  }
  return {
    host: firstOf(config, 'hostname') ?? name.host,
    port: name.port ?? Number(firstOf(config, 'port') ?? 22),
    user,
  };
}

/** The hosts that ProxyJump names. */
function jumpsIn(config: EffectiveConfig): readonly SshName[] {
  const text = unlessNone(config, 'proxyjump');
  if (text === undefined) return [];
  return text.split(',').map((one) => {
    const jump = readJump(one.trim());
    if (jump !== undefined) return jump;
    throw mistake(config.placeOf('proxyjump'), `ProxyJump: "${one}" is no host`, 'write [user@]host[:port]');
  });
}

/** `[user@]host[:port]` or `ssh://[user@]host[:port]`, the host also as `[IPv6]`; a user name may hold an `@`. */
export function readJump(text: string): SshName | undefined {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]\s]+)\]|([^:@\s[\]/-][^:@\s[\]/]*))(?::(\d{1,5}))?\/?$/.exec(text);
  const host = match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  if (match === null || host === undefined || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  const user = match[1];
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

function loop(passed: readonly string[], config: EffectiveConfig, flag: readonly SshName[] | undefined) {
  const shown = passed.length > 8 ? [...passed.slice(0, 7), '...'] : passed;
  if (flag !== undefined) {
    return mistake(
      '--ssh-jump',
      `the way through ${flag.map(spelled).join(',')} goes round in circles: ${shown.join(' → ')}`,
      `name other hosts there, or none; the last step is ProxyJump at ${config.placeOf('proxyjump')}`,
    );
  }
  const host = passed.at(-1) ?? '';
  return mistake(
    config.placeOf('proxyjump'),
    `ProxyJump goes round in circles: ${shown.join(' → ')}`,
    `write before the lines that name it: Host ${host.replace(/^.*@|:\d+$/g, '')}, then ProxyJump none`,
  );
}
