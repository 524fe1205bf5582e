import { canonicalQuantity, compareQuantities } from '../../quantity.ts';
import type { Json } from '../config.ts';
import type { Cpu, Quantity } from '../model/domain.ts';
import type { VmiSpec } from '../model/vmi.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import type { Referenced } from './find.ts';
import { preferredTopology, spreadOptions } from './topology.ts';

/** A requirement of a preference that is not met: the fields at fault, and why. */
export interface Unmet {
  readonly fields: string;
  readonly problem: string;
}

/** The first requirement of the preference that the guest, after defaults, does not meet. Source: pkg/instancetype/preference/requirements. */
export function unmetRequirement(
  spec: VmiSpec,
  { instancetype, preference }: Referenced,
  version: KubevirtVersion,
): Unmet | undefined {
  const requirements = preference?.requirements as Requirements | undefined;
  if (requirements === undefined) return undefined;
  const { cpu, memory, architecture } = requirements;
  const vcpus = cpu === undefined ? undefined : unmetCpu(spec, cpu.guest, { instancetype, preference });
  if (vcpus !== undefined) return vcpus;
  const size = memory === undefined ? undefined : unmetMemory(spec, memory.guest, instancetype);
  if (size !== undefined) return size;
  if (architecture === undefined || architecture === spec.architecture || !atLeast(version, 'v1.7')) return undefined;
  const problem = `preference requires architecture ${architecture} but ${spec.architecture ?? ''} is being requested`;
  return { fields: 'spec.template.spec.architecture', problem };
}

interface Requirements {
  readonly cpu?: { readonly guest: number };
  readonly memory?: { readonly guest: Quantity };
  readonly architecture?: string;
}

const CPU = 'spec.template.spec.domain.cpu';

function unmetCpu(spec: VmiSpec, needed: number, { instancetype, preference }: Referenced): Unmet | undefined {
  if (instancetype !== undefined) {
    const provided = Number((instancetype.cpu as Json | undefined)?.guest ?? 0);
    if (provided >= needed) return undefined;
    const short = `insufficient CPU resources of ${provided} vCPU provided by instance type`;
    return { fields: 'spec.instancetype', problem: `${short}, preference requires ${needed} vCPU` };
  }
  const cpu = spec.domain.cpu;
  if (cpu === undefined) {
    const problem = `no CPU resources provided by VirtualMachine, preference requires ${needed} vCPU`;
    return { fields: CPU, problem };
  }
  const { parts, name } = counted(preference);
  const provided = parts.reduce((product, part) => product * (cpu[part] ?? 0), 1);
  if (provided >= needed) return undefined;
  const short = `insufficient CPU resources of ${provided} vCPU provided by VirtualMachine`;
  const fields = parts.map((part) => `${CPU}.${part}`).join(', ');
  return { fields, problem: `${short}, preference requires ${needed} vCPU provided as ${name}` };
}

type Part = keyof Pick<Cpu, 'sockets' | 'cores' | 'threads'>;

function counted(preference: Json | undefined): { readonly parts: readonly Part[]; readonly name: string } {
  const topology = preferredTopology(preference);
  if (topology === 'any') return { parts: ['cores', 'sockets', 'threads'], name: 'cores, sockets and threads' };
  if (topology !== 'spread') return { parts: [topology], name: topology };
  const { across } = spreadOptions(preference);
  const parts = (['Sockets', 'Cores', 'Threads'] as const).filter((part) => across.includes(part));
  return { parts: parts.map((part) => part.toLowerCase() as Part), name: across };
}

function unmetMemory(spec: VmiSpec, needed: Quantity, instancetype: Json | undefined): Unmet | undefined {
  const ofType = (instancetype?.memory as Json | undefined)?.guest as Quantity | undefined;
  const provided = spec.domain.memory?.guest ?? ofType ?? '0';
  if (compareQuantities(provided, needed) >= 0) return undefined;
  const source = instancetype === undefined ? 'VirtualMachine' : 'instance type';
  const short = `insufficient Memory resources of ${canonicalQuantity(provided)} provided by ${source}`;
  return {
    fields: instancetype === undefined ? 'spec.template.spec.domain.memory' : 'spec.instancetype',
    problem: `${short}, preference requires ${canonicalQuantity(needed)}`,
  };
}
