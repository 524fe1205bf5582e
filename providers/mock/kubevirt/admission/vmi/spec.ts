import type { KubevirtConfig } from '../../config.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { applies } from '../../version.ts';
import type { Cause } from '../causes.ts';
import { accessCredentials } from './access-credentials.ts';
import { architectureGate } from './architecture.ts';
import { bootOrder } from './boot-order.ts';
import * as cpu from './cpu.ts';
import * as devices from './devices.ts';
import { disks } from './disks.ts';
import { dnsConfig, dnsPolicy } from './dns.ts';
import { launchSecurity } from './launch-security.ts';
import * as lifecycle from './lifecycle.ts';
import { acpiTables, emulatedMachine, firmware } from './machine.ts';
import * as memory from './memory.ts';
import { networks } from './networks.ts';
import { claimedGpus, resourceClaims } from './resource-claims.ts';
import type { SpecRule, VersionedRule } from './rule.ts';
import { affinity, topologySpread } from './scheduling.ts';
import { containerDiskPaths, noUtilityVolumes, volumes } from './volumes.ts';

/**
 * What is wrong with the spec of a guest, in KubeVirt's order: it decides which ten causes are told.
 * Source: ValidateVirtualMachineInstanceSpec in vmi-create-admitter.go.
 */
export function specCauses(spec: VmiSpec, path: string, config: KubevirtConfig): readonly Cause[] {
  return RULES.flatMap((entry) => {
    const { rule, ...bounds } = typeof entry === 'function' ? { rule: entry } : entry;
    return applies(config.version, bounds) ? [...rule(spec, path, config)] : [];
  });
}

const RULES: readonly (SpecRule | VersionedRule)[] = [
  lifecycle.hostname,
  lifecycle.subdomain,
  memory.memoryRequest,
  memory.memoryLimit,
  memory.hugepages,
  memory.guestWithinLimit,
  emulatedMachine,
  acpiTables,
  cpu.cpuRequest,
  cpu.cpuLimit,
  cpu.cpuRequestWithinLimit,
  cpu.pinnedCpus,
  cpu.numa,
  cpu.emulatorThread,
  cpu.cpuFeaturePolicies,
  cpu.socketsWithinMaximum,
  lifecycle.startStrategy,
  cpu.realtime,
  affinity,
  topologySpread,
  { rule: architectureGate, until: 'v1.8' },
  networks,
  { rule: claimedGpus, since: 'v1.6', until: 'v1.8' },
  { rule: resourceClaims, since: 'v1.8' },
  bootOrder,
  devices.inputs,
  devices.ioThreads,
  lifecycle.probes,
  disks,
  firmware,
  volumes,
  containerDiskPaths,
  { rule: noUtilityVolumes, since: 'v1.8' },
  accessCredentials,
  dnsPolicy,
  dnsConfig,
  lifecycle.evictionStrategy,
  devices.oneRamFb,
  devices.hostDevices,
  devices.sound,
  launchSecurity,
  devices.vsock,
  devices.persistentReservation,
  devices.downwardMetrics,
  devices.filesystems,
  devices.video,
  devices.panicDevices,
  { rule: devices.rebootPolicy, since: 'v1.8' },
  { rule: memory.reservedOverhead, since: 'v1.8' },
  { rule: lifecycle.serviceAccount, since: 'v1.9' },
];
