import type { HostProfile } from '../host.ts';
import { MILAN } from './milan.ts';

/** A virtual machine on a Milan, with nested virtualization but no memory encryption to give on. */
export const NESTED: HostProfile = {
  ...MILAN,
  name: 'nested',
  hostname: 'sev-nested-1',
  cpu: { ...MILAN.cpu, modelName: 'AMD EPYC-Milan Processor', sockets: 1, coresPerSocket: 8, flags: ['hypervisor'] },
  memoryKiB: 33_554_432,
  sev: false,
  sevEs: false,
  sevSnp: false,
};
