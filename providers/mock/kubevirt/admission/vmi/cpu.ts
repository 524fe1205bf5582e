import { parseQuantity, wholeValue } from '../../../quantity.ts';
import type { Json, KubevirtConfig } from '../../config.ts';
import type { Cpu, Quantity } from '../../model/domain.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { type Cause, invalid, notSupported, required } from '../causes.ts';

/* Rules on CPUs. Source: vmi-create-admitter.go. */

/** A CPU request is not negative. */
export function* cpuRequest(spec: VmiSpec, path: string): Iterable<Cause> {
  yield* notNegative(spec.domain.resources?.requests?.cpu, `${path}.domain.resources.requests.cpu`);
}

/** A CPU limit is not negative. */
export function* cpuLimit(spec: VmiSpec, path: string): Iterable<Cause> {
  yield* notNegative(spec.domain.resources?.limits?.cpu, `${path}.domain.resources.limits.cpu`);
}

/** A CPU request does not exceed the limit. */
export function* cpuRequestWithinLimit(spec: VmiSpec, path: string): Iterable<Cause> {
  const { requests, limits } = spec.domain.resources ?? {};
  if (milli(limits?.cpu) <= 0n || milli(requests?.cpu) <= milli(limits?.cpu)) return;
  const field = `${path}.domain.resources.requests.cpu`;
  const limited = `${path}.domain.resources.limits.cpu`;
  yield invalid(field, `${field} '${requests?.cpu}' is greater than ${limited} '${limits?.cpu}'`);
}

/** Pinned CPUs come in whole numbers, equally requested and limited, with memory. */
export function* pinnedCpus(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const { cpu } = spec.domain;
  if (cpu?.dedicatedCpuPlacement !== true) return;
  yield* pinnedWithMemory(spec, path);
  yield* wholeCpus(spec, path);
  yield* equalMemory(spec, path);
  yield* pinnedCount(spec, cpu, path);
  if (spec.architecture === 'arm64' || (!spec.architecture && defaultArchitecture(config) === 'arm64')) {
    if ((cpu.threads ?? 0) > 1) {
      const field = `${path}.architecture`;
      const threads = `${path}.domain.cpu.threads (got ${cpu.threads})`;
      yield invalid(field, `threads must not be greater than 1 at ${threads} when ${field} is arm64`);
    }
  }
  if ((cpu.threads ?? 0) > 2) {
    const threads = `${path}.domain.cpu.threads (got ${cpu.threads})`;
    yield invalid(
      `${path}.domain.cpu.dedicatedCpuPlacement`,
      `Not more than two threads must be provided at ${threads} when DedicatedCPUPlacement is true`,
    );
  }
}

/** NUMA passthrough needs pinned CPUs and huge pages. */
export function* numa(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const { cpu, memory } = spec.domain;
  if (cpu?.numa?.guestMappingPassthrough === undefined) return;
  const field = `${path}.domain.cpu.numa.guestMappingPassthrough`;
  if (!config.gateEnabled('NUMA')) {
    yield invalid(field, `NUMA feature gate is not enabled in kubevirt-config, invalid entry ${field}`);
  }
  const when = `when NUMA topology strategy is set in ${field}`;
  if (cpu.dedicatedCpuPlacement !== true) {
    yield invalid(field, `${path}.domain.cpu.dedicatedCpuPlacement must be set to true ${when}`);
  }
  if (memory?.hugepages === undefined)
    yield invalid(field, `${path}.domain.memory.hugepages must be requested ${when}`);
}

/** An isolated emulator thread needs pinned CPUs. */
export function* emulatorThread(spec: VmiSpec, path: string): Iterable<Cause> {
  const { cpu } = spec.domain;
  if (cpu?.isolateEmulatorThread !== true || cpu.dedicatedCpuPlacement === true) return;
  const message = 'IsolateEmulatorThread should be only set in combination with DedicatedCPUPlacement';
  yield invalid(`${path}.domain.cpu.isolateEmulatorThread`, message);
}

/** CPU features have a policy that libvirt knows. */
export function* cpuFeaturePolicies(spec: VmiSpec, path: string): Iterable<Cause> {
  for (const [index, { name, policy = '' }] of (spec.domain.cpu?.features ?? []).entries()) {
    if (['', 'force', 'require', 'optional', 'disable', 'forbid'].includes(policy)) continue;
    const message = `CPU feature ${name} uses policy ${policy} that is not supported.`;
    yield notSupported(`${path}.domain.cpu.features[${index}].policy`, message);
  }
}

/** Sockets do not exceed maxSockets. */
export function* socketsWithinMaximum(spec: VmiSpec, path: string): Iterable<Cause> {
  const { sockets = 0, maxSockets = 0 } = spec.domain.cpu ?? {};
  if (maxSockets === 0 || sockets <= maxSockets) return;
  const message = 'Number of sockets in CPU topology is greater than the maximum sockets allowed';
  yield invalid(`${path}.domain.cpu.sockets`, message);
}

/** Realtime needs pinned CPUs and NUMA passthrough. */
export function* realtime(spec: VmiSpec, path: string): Iterable<Cause> {
  const { cpu } = spec.domain;
  if (cpu?.realtime === undefined) return;
  const used = `when ${path}.domain.cpu.realtime is used`;
  if (cpu.dedicatedCpuPlacement !== true) {
    const field = `${path}.domain.cpu.dedicatedCpuPlacement`;
    yield required(field, `${field} must be set to true ${used}`);
  }
  if (cpu.numa?.guestMappingPassthrough === undefined) {
    const field = `${path}.domain.cpu.numa.guestMappingPassthrough`;
    yield required(field, `${field} must be defined ${used}`);
  }
}

function* notNegative(quantity: Quantity | undefined, field: string): Iterable<Cause> {
  if (milli(quantity) < 0n) yield invalid(field, `${field} '${quantity}': must be greater than or equal to 0.`);
}

function* pinnedWithMemory(spec: VmiSpec, path: string): Iterable<Cause> {
  const { memory, resources } = spec.domain;
  if (nano(resources?.limits?.memory) !== 0n || nano(resources?.requests?.memory) !== 0n) return;
  if (memory?.hugepages !== undefined || nano(memory?.guest) !== 0n) return;
  const { requests, limits, pages, guest } = {
    requests: `${path}.domain.resources.requests.memory`,
    limits: `${path}.domain.resources.limits.memory`,
    pages: `${path}.domain.memory.hugepages`,
    guest: `${path}.domain.memory.guest`,
  };
  yield invalid(limits, `${requests}, ${limits}, ${pages} or ${guest} should be provided`);
}

function* wholeCpus(spec: VmiSpec, path: string): Iterable<Cause> {
  for (const kind of ['requests', 'limits'] as const) {
    const cpu = spec.domain.resources?.[kind]?.cpu;
    if (value(cpu) <= 0n || value(cpu) * 1000n === milli(cpu)) continue;
    yield invalid(`${path}.domain.resources.${kind}.cpu`, `provided resources CPU ${kind} must be an interger`);
  }
}

function* equalMemory(spec: VmiSpec, path: string): Iterable<Cause> {
  const { requests, limits } = spec.domain.resources ?? {};
  if (value(requests?.memory) <= 0n || value(limits?.memory) <= 0n) return;
  if (value(requests?.memory) === value(limits?.memory)) return;
  const field = `${path}.domain.resources.requests.memory`;
  yield invalid(field, `${field} must be equal to ${path}.domain.resources.limits.memory`);
}

function* pinnedCount(spec: VmiSpec, cpu: Cpu, path: string): Iterable<Cause> {
  const requested = value(spec.domain.resources?.requests?.cpu);
  const limited = value(spec.domain.resources?.limits?.cpu);
  const vcpus = BigInt(vcpusOf(cpu));
  const field = `${path}.domain.cpu.dedicatedCpuPlacement`;
  const requests = `${path}.domain.resources.requests.cpu`;
  const limits = `${path}.domain.resources.limits.cpu`;
  const cores = `${path}.domain.cpu.cores`;
  const pinned = 'when DedicatedCPUPlacement is true ';
  if (requested === 0n && limited === 0n && vcpus === 0n) {
    yield invalid(field, `either ${requests} or ${limits} or ${cores} must be provided ${pinned}`);
  }
  if (requested > 0n && limited > 0n && requested !== limited) {
    yield invalid(field, `${requests} or ${limits} must be equal ${pinned}`);
  }
  if ((requested > 0n || limited > 0n) && vcpus > 0n && requested !== vcpus && limited !== vcpus) {
    yield invalid(field, `${requests} or ${limits} must not be provided at the same time with ${cores} ${pinned}`);
  }
}

/** Sockets × cores × threads, where an unset one of a topology counts as one. Source: pkg/util/hardware. */
export function vcpusOf({ sockets = 0, cores = 0, threads = 0 }: Cpu): number {
  const given = [sockets, cores, threads].filter((count) => count > 0);
  return given.length === 0 ? 0 : given.reduce((product, count) => product * count, 1);
}

function defaultArchitecture(config: KubevirtConfig): unknown {
  return (config.configuration.architectureConfiguration as Json).defaultArchitecture;
}

function nano(quantity: Quantity | undefined): bigint {
  return quantity === undefined ? 0n : parseQuantity(quantity).nano;
}

function milli(quantity: Quantity | undefined): bigint {
  const exact = nano(quantity);
  return exact > 0n ? (exact + 999_999n) / 1_000_000n : exact / 1_000_000n;
}

function value(quantity: Quantity | undefined): bigint {
  return quantity === undefined ? 0n : wholeValue(quantity);
}
