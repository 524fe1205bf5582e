import { binaryQuantity, wholeValue } from '../../quantity.ts';
import type { Json } from '../config.ts';
import type { Cpu, LaunchSecurity, Memory, Quantity } from '../model/domain.ts';
import type { VmiSpec } from '../model/vmi.ts';
import type { Draft } from '../mutation/draft.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import { preferredTopology, spreadOptions } from './topology.ts';

/**
 * Lays an instancetype into a guest's spec. Returns the places where the spec says itself what the instancetype
 * decides; then nothing may be kept of the result. Source: pkg/instancetype/apply.
 */
export function applyInstancetype(
  spec: Draft<VmiSpec>,
  instancetype: Json,
  preference: Json | undefined,
  version: KubevirtVersion,
): readonly string[] {
  const given = instancetype as Instancetype;
  return [
    ...take(spec, 'nodeSelector', given.nodeSelector),
    ...take(spec, 'schedulerName', given.schedulerName || undefined),
    ...applyCpu(spec, given.cpu ?? {}, preference),
    ...applyMemory(spec, given.memory ?? {}, version),
    ...applyIoThreads(spec, given),
    ...take(spec.domain, 'launchSecurity', given.launchSecurity, 'domain.'),
    ...applyDevices(spec, 'gpus', given.gpus),
    ...applyDevices(spec, 'hostDevices', given.hostDevices),
  ];
}

interface Instancetype {
  readonly nodeSelector?: object;
  readonly schedulerName?: string;
  readonly cpu?: Partial<Cpu> & { readonly guest?: number; readonly dedicatedCPUPlacement?: boolean };
  readonly memory?: Memory & { readonly overcommitPercent?: number };
  readonly ioThreads?: { readonly supplementalPoolThreadCount?: number };
  readonly ioThreadsPolicy?: string;
  readonly launchSecurity?: LaunchSecurity;
  readonly gpus?: readonly object[];
  readonly hostDevices?: readonly object[];
}

/** Sets a field that the instancetype gives, unless the guest has it. */
function take(target: object, field: string, value: unknown, place = ''): readonly string[] {
  if (value === undefined) return [];
  const fields = target as Record<string, unknown>;
  if (fields[field] !== undefined && fields[field] !== '') return [`${place}${field}`];
  fields[field] = structuredClone(value);
  return [];
}

function applyCpu(
  spec: Draft<VmiSpec>,
  given: NonNullable<Instancetype['cpu']>,
  preference: Json | undefined,
): readonly string[] {
  spec.domain.cpu ??= {};
  const { cpu, resources } = spec.domain;
  const pinned = given.dedicatedCPUPlacement;
  const conflicts = [
    resources?.requests?.cpu !== undefined && 'domain.resources.requests.cpu',
    resources?.limits?.cpu !== undefined && 'domain.resources.limits.cpu',
    Boolean(cpu.sockets) && 'domain.cpu.sockets',
    Boolean(cpu.cores) && 'domain.cpu.cores',
    Boolean(cpu.threads) && 'domain.cpu.threads',
    Boolean(cpu.model) && given.model !== undefined && 'domain.cpu.model',
    cpu.dedicatedCpuPlacement === true && pinned !== undefined && 'domain.cpu.dedicatedCPUPlacement',
    cpu.isolateEmulatorThread === true &&
      given.isolateEmulatorThread !== undefined &&
      'domain.cpu.isolateEmulatorThread',
    cpu.numa !== undefined && given.numa !== undefined && 'domain.cpu.numa',
    cpu.realtime !== undefined && given.realtime !== undefined && 'domain.cpu.realtime',
  ].filter((conflict) => conflict !== false);
  if (conflicts.length > 0) return conflicts;
  const { model, isolateEmulatorThread, numa, realtime, maxSockets } = given;
  Object.assign(cpu, {
    ...(model !== undefined && { model }),
    ...(pinned !== undefined && { dedicatedCpuPlacement: pinned }),
    ...(isolateEmulatorThread !== undefined && { isolateEmulatorThread }),
    ...(numa !== undefined && { numa }),
    ...(realtime !== undefined && { realtime }),
    ...(maxSockets !== undefined && { maxSockets }),
    ...topology(given.guest ?? 0, preference),
  });
  return [];
}

function topology(vcpus: number, preference: Json | undefined): Pick<Cpu, 'sockets' | 'cores' | 'threads'> {
  const single = { sockets: 1, cores: 1, threads: 1 };
  if (vcpus === 1) return single;
  switch (preferredTopology(preference)) {
    case 'cores':
      return { ...single, cores: vcpus };
    case 'threads':
      return { ...single, threads: vcpus };
    case 'spread': {
      const { ratio, across } = spreadOptions(preference);
      if (across === 'CoresThreads') return { ...single, threads: ratio, cores: Math.floor(vcpus / ratio) };
      if (across === 'SocketsCoresThreads') return { threads: 2, cores: ratio, sockets: Math.floor(vcpus / 2 / ratio) };
      return { ...single, cores: ratio, sockets: Math.floor(vcpus / ratio) };
    }
    default:
      return { ...single, sockets: vcpus };
  }
}

/** Only the first conflict is told. */
function applyMemory(
  spec: Draft<VmiSpec>,
  given: NonNullable<Instancetype['memory']>,
  version: KubevirtVersion,
): readonly string[] {
  // Up to v1.6 any setting of memory was in the way.
  if (!atLeast(version, 'v1.7') && spec.domain.memory !== undefined) return ['domain.memory'];
  spec.domain.memory ??= {};
  const { memory, resources } = spec.domain;
  if (memory.guest !== undefined) return ['domain.memory.guest'];
  if (memory.hugepages !== undefined && given.hugepages !== undefined) return ['domain.memory.hugepages'];
  if (memory.maxGuest !== undefined && given.maxGuest !== undefined) return ['domain.memory.maxGuest'];
  if (resources?.requests?.memory !== undefined) return ['domain.resources.requests.memory'];
  if (resources?.limits?.memory !== undefined) return ['domain.resources.limits.memory'];
  const guest: Quantity = given.guest ?? '0';
  memory.guest = guest;
  if (given.hugepages !== undefined) memory.hugepages = { ...given.hugepages };
  if (given.maxGuest !== undefined) memory.maxGuest = given.maxGuest;
  const overcommit = given.overcommitPercent ?? 0;
  if (overcommit > 0) {
    spec.domain.resources ??= {};
    const requested = Math.trunc(Number(wholeValue(guest)) * (1 - overcommit / 100));
    spec.domain.resources.requests = { ...spec.domain.resources.requests, memory: binaryQuantity(BigInt(requested)) };
  }
  return [];
}

function applyIoThreads(spec: Draft<VmiSpec>, given: Instancetype): readonly string[] {
  const count = given.ioThreads?.supplementalPoolThreadCount;
  const conflicts: string[] = [];
  if (count !== undefined) {
    if (spec.domain.ioThreads?.supplementalPoolThreadCount !== undefined) {
      conflicts.push('domain.ioThreads.supplementalPoolThreadCount');
    } else spec.domain.ioThreads = { ...spec.domain.ioThreads, supplementalPoolThreadCount: count };
  }
  return [...conflicts, ...take(spec.domain, 'ioThreadsPolicy', given.ioThreadsPolicy, 'domain.')];
}

function applyDevices(
  spec: Draft<VmiSpec>,
  kind: 'gpus' | 'hostDevices',
  given: readonly object[] | undefined,
): readonly string[] {
  if (given === undefined || given.length === 0) return [];
  if ((spec.domain.devices[kind] ?? []).length > 0) return [`domain.devices.${kind}`];
  (spec.domain.devices as Record<string, unknown>)[kind] = structuredClone(given);
  return [];
}
