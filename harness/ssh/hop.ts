import type { SshTarget } from '../model/host.ts';

/** One host on the way to the node, or the node itself. */
export interface Hop {
  readonly target: SshTarget;
  /** Begins every error, e.g. `ssh root@amd1:22: through me@gate:22`. */
  readonly what: string;
  /** `the node`, or `me@gate:22` for one in between. */
  readonly name: string;
  /** The hosts that it is reached through, the nearest first. */
  readonly through: readonly SshTarget[];
}

/** The hops to the node, the nearest first and the node last. Jumps of jumps are walked too, in their place. */
export function route(target: SshTarget): readonly Hop[] {
  const all = walk(target);
  const what = `ssh ${describeTarget(target)}`;
  return all.map((hop, index) => {
    const isNode = index === all.length - 1;
    const name = nameOf(hop);
    return {
      target: hop,
      what: isNode ? what : `ssh ${nameOf(target)}: through ${name}`,
      name: isNode ? 'the node' : name,
      through: all.slice(0, index),
    };
  });
}

/** `user@host:port`, with the hosts in between; where the user has a name for it, `amd1 (user@host:port, through gate)`. */
export function describeTarget(target: SshTarget): string {
  const through = walk(target)
    .slice(0, -1)
    .map((hop) => hop.alias ?? addressOf(hop))
    .join(', ');
  if (target.alias === undefined)
    return through === '' ? addressOf(target) : `${addressOf(target)} (through ${through})`;
  return `${target.alias} (${addressOf(target)}${through === '' ? '' : `, through ${through}`})`;
}

function walk(target: SshTarget): readonly SshTarget[] {
  return [...(target.jumps ?? []).flatMap(walk), target];
}

/** `user@host:port`, or `amd1 (user@host:port)`. */
export function nameOf(target: SshTarget): string {
  return target.alias === undefined ? addressOf(target) : `${target.alias} (${addressOf(target)})`;
}

function addressOf({ user, host, port }: SshTarget): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}
