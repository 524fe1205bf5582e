import { wholeValue } from '../../quantity.ts';
import type { Vmi } from '../model/vmi.ts';
import { isCpuDedicated } from './vmi-traits.ts';

/** I/O threads of a domain: in all, and those that disks without one of their own share. */
export interface IoThreads {
  readonly total: number;
  readonly shared: number;
  /** Every disk may use any thread of a pool. */
  readonly pool: boolean;
}

/** How many I/O threads the domain gets; none unless a policy or a disk asks. */
export function ioThreadCount(vmi: Vmi): IoThreads {
  const { ioThreadsPolicy, ioThreads, devices } = vmi.spec.domain;
  const disks = devices.disks ?? [];
  const dedicated = disks.filter((disk) => disk.dedicatedIOThread === true).length;
  if (ioThreadsPolicy === undefined && dedicated === 0) return { total: 0, shared: 0, pool: false };
  const pool = ioThreads?.supplementalPoolThreadCount;
  if (ioThreadsPolicy === 'supplementalPool' && pool !== undefined) return { total: pool, shared: 0, pool: true };
  const sharing = disks.length - dedicated;
  const limit = poolLimit(vmi);
  const shared = sharing + dedicated > limit ? Math.max(1, limit - dedicated) : sharing;
  return { total: shared + dedicated, shared, pool: false };
}

function poolLimit(vmi: Vmi): number {
  const { ioThreadsPolicy, cpu, resources } = vmi.spec.domain;
  if (ioThreadsPolicy === undefined || ioThreadsPolicy === 'shared') return 1;
  if (ioThreadsPolicy !== 'auto') return 0;
  if (isCpuDedicated(vmi) && cpu?.isolateEmulatorThread) return 1;
  const cpus = resources?.requests?.cpu ?? resources?.limits?.cpu ?? 1;
  return Number(wholeValue(cpus)) * 2;
}
