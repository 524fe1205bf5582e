import type { Director } from '../../providers/mock/scenario/director.ts';

/** A director of no scenario: nothing ever goes wrong. */
export function quietDirector(changes: Partial<Director> = {}): Director {
  return {
    name: 'quiet',
    standing: () => ({ daysLeft: {}, objects: [], deleted: [], manifests: {} }),
    host: (profile) => profile,
    hostFile: (_path, content) => content,
    api: () => undefined,
    connection: () => () => {},
    onConnect: () => undefined,
    guest: () => ({}),
    controller: () => ({}),
    happened: () => {},
    ...changes,
  };
}
