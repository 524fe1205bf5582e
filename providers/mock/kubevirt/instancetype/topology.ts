import type { Json } from '../config.ts';

/** How a preference wants vCPUs laid out: `spread` over more than one of the three. */
export type Topology = 'sockets' | 'cores' | 'threads' | 'spread' | 'any';

/** The layout that a preference asks for, sockets by default; old spellings are `preferSockets` and so on. */
export function preferredTopology(preference: Json | undefined): Topology {
  const asked = (preference?.cpu as Json | undefined)?.preferredCPUTopology;
  const bare = String(asked ?? 'sockets').replace(/^prefer/, '');
  return bare.charAt(0).toLowerCase() === bare.charAt(0) ? (bare as Topology) : (bare.toLowerCase() as Topology);
}

/** Over what vCPUs are spread, and how many of the smaller to one of the larger. */
export function spreadOptions(preference: Json | undefined): { readonly ratio: number; readonly across: string } {
  const options = (preference?.cpu as Json | undefined)?.spreadOptions as Json | undefined;
  const older = preference?.preferSpreadSocketToCoreRatio;
  const ratio = (options?.ratio ?? older) || 2;
  return { ratio: Number(ratio), across: String(options?.across ?? 'SocketsCores') };
}

/** Why an instancetype's vCPUs cannot be spread as the preference wants, or undefined. Source: pkg/instancetype/preference/validation. */
export function spreadProblem(instancetype: Json | undefined, preference: Json | undefined): string | undefined {
  if (instancetype === undefined || preferredTopology(preference) !== 'spread') return undefined;
  const { ratio, across } = spreadOptions(preference);
  const vcpus = Number((instancetype.cpu as Json | undefined)?.guest ?? 0);
  const provided = `${vcpus} vCPUs provided by the instance type are not divisible by the`;
  switch (across) {
    case 'CoresThreads':
      return vcpus % ratio === 0 ? undefined : `${provided} number of threads per core ${ratio}`;
    case 'SocketsCoresThreads': {
      if (vcpus % 2 === 0 && (vcpus / 2) % ratio === 0) return undefined;
      const ratios = `Spec.PreferSpreadSocketToCoreRatio or Spec.CPU.PreferSpreadOptions.Ratio of ${ratio}`;
      return `${provided} number of threads per core 2 and ${ratios}`;
    }
    default: {
      if (vcpus % ratio === 0) return undefined;
      const ratios = `Spec.PreferSpreadSocketToCoreRatio or Spec.CPU.PreferSpreadOptions.Ratio of ${ratio}`;
      return `${provided} ${ratios} provided by the preference`;
    }
  }
}
