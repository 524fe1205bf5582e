import { z } from 'zod';
import type { HostProfile } from '../physics/host.ts';

/** Every path to a leaf of T, e.g. `cpu.minSevAsid`. */
type Leaf<T> = {
  [Key in keyof T & string]: T[Key] extends readonly unknown[] | string | number | boolean
    ? Key
    : `${Key}.${Leaf<T[Key]>}`;
}[keyof T & string];

const text = z.string().optional();
const count = z.int().min(0).optional();
const flag = z.boolean().optional();

/** The fields of a host profile that a scenario may override, by path. The type keeps the list complete. */
export const HOST_FIELDS = {
  name: text,
  hostname: text,
  'cpu.vendor': z.enum(['AuthenticAMD', 'GenuineIntel']).optional(),
  'cpu.modelName': text,
  'cpu.family': count,
  'cpu.model': count,
  'cpu.stepping': count,
  'cpu.microcode': text,
  'cpu.sockets': z.int().min(1).optional(),
  'cpu.coresPerSocket': z.int().min(1).optional(),
  'cpu.libvirtModel': text,
  'cpu.flags': z.array(z.string().min(1)).optional(),
  'cpu.cbitpos': count,
  'cpu.reducedPhysBits': count,
  'cpu.maxAsid': count,
  'cpu.minSevAsid': count,
  memoryKiB: count,
  'firmware.apiMajor': count,
  'firmware.apiMinor': count,
  'firmware.build': count,
  'kernel.release': text,
  'kernel.version': text,
  'os.id': text,
  'os.versionId': text,
  'os.prettyName': text,
  containerRuntime: text,
  kubernetes: text,
  sev: flag,
  sevEs: flag,
  sevSnp: flag,
  diskUsedPercent: z.int().min(0).max(100).optional(),
  clockAheadMs: z.int().optional(),
} as const satisfies Record<Leaf<HostProfile>, z.ZodType>;

/** The profile with some leaves replaced; branches are copied, nothing is changed in place. */
export function withFields(profile: HostProfile, fields: Readonly<Record<string, unknown>>): HostProfile {
  let changed: Record<string, unknown> = { ...profile };
  for (const [path, value] of Object.entries(fields)) {
    if (value !== undefined) changed = replaced(changed, path.split('.'), value);
  }
  return changed as unknown as HostProfile;
}

function replaced(branch: Record<string, unknown>, path: readonly string[], value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = path;
  if (rest.length === 0) return { ...branch, [key]: value };
  return { ...branch, [key]: replaced({ ...(branch[key] as Record<string, unknown>) }, rest, value) };
}
