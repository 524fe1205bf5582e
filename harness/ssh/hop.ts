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

/** `user@host:port`, with the hosts in between. */
export function describeTarget(target: SshTarget): string {
  const through = walk(target).slice(0, -1).map(nameOf).join(', ');
  return through === '' ? nameOf(target) : `${nameOf(target)} (through ${through})`;
}

function walk(target: SshTarget): readonly SshTarget[] {
  return [...(target.jumps ?? []).flatMap(walk), target];
}

/** `user@host:port`. */
export function nameOf({ user, host, port }: SshTarget): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}
