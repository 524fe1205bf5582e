import type { ResourceType } from './resource-type.ts';

/** The resources that are served right now: built-in ones and those of established CustomResourceDefinitions. */
export interface Registry {
  readonly types: readonly ResourceType[];
  find(group: string, version: string, plural: string): ResourceType | undefined;
  /** Any served version of a kind, by group and kind; `version` narrows it. */
  byKind(group: string, kind: string, version?: string): ResourceType | undefined;
  /** True if the group (and version, if given) is served at all. */
  serves(group: string, version?: string): boolean;
  /** Replaces the custom types. */
  setCustom(types: readonly ResourceType[]): void;
  /** Grows with every change of the custom types. */
  readonly revision: number;
}

/** A registry of built-in types to which custom ones can be added. */
export function openRegistry(builtin: readonly ResourceType[]): Registry {
  let all = builtin;
  let index = indexed(all);
  let revision = 0;
  return {
    get types() {
      return all;
    },
    get revision() {
      return revision;
    },
    find: (group, version, plural) => index.get(`${group}/${version}/${plural}`),
    byKind: (group, kind, version) =>
      all.find(
        (type) => type.group === group && type.kind === kind && (version === undefined || type.version === version),
      ),
    serves: (group, version) =>
      all.some((type) => type.group === group && (version === undefined || type.version === version)),
    setCustom(types) {
      all = [...builtin, ...types];
      index = indexed(all);
      revision += 1;
    },
  };
}

function indexed(types: readonly ResourceType[]): ReadonlyMap<string, ResourceType> {
  return new Map(types.map((type) => [`${type.group}/${type.version}/${type.plural}`, type]));
}
