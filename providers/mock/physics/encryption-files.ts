import { hostEncryption, type RunningGuests } from './asids.ts';
import type { HostProfile } from './host.ts';
import { kernelTraits } from './kernel.ts';

/** The files in which kvm_amd and the misc controller tell of memory encryption, by path. */
export function encryptionFiles(profile: HostProfile, running: RunningGuests): Record<string, string> {
  const parameters = profile.cpu.vendor === 'AuthenticAMD' ? moduleParameters(profile) : INTEL_PARAMETERS;
  return { ...parameters, ...miscController(profile, running) };
}

const INTEL_PARAMETERS: Record<string, string> = {
  '/sys/module/kvm_intel/parameters/nested': 'Y\n',
  '/sys/module/kvm_intel/parameters/ept': 'Y\n',
  '/sys/module/kvm/parameters/halt_poll_ns': '200000\n',
};

function moduleParameters(profile: HostProfile): Record<string, string> {
  const traits = kernelTraits(profile.kernel.release);
  const encryption = hostEncryption(profile);
  const at = (name: string) => `/sys/module/kvm_amd/parameters/${name}`;
  const encryptionFlag = (on: boolean) => `${traits.booleanParameters ? (on ? 'Y' : 'N') : on ? '1' : '0'}\n`;
  const files: Record<string, string> = {
    [at('nested')]: '1\n',
    [at('npt')]: traits.booleanParameters ? 'Y\n' : '1\n',
    [at('avic')]: traits.booleanParameters ? 'N\n' : '0\n',
    [at('vgif')]: '1\n',
    [at('vls')]: '1\n',
    [at('pause_filter_thresh')]: '128\n',
    [at('pause_filter_count')]: '3000\n',
    [at('sev')]: encryptionFlag(encryption.sev),
    '/sys/module/kvm/parameters/halt_poll_ns': '200000\n',
    '/sys/module/kvm/parameters/ignore_msrs': 'N\n',
    '/sys/module/ccp/parameters/init_ex_path': '(null)\n',
    '/sys/module/ccp/parameters/psp_init_on_probe': 'Y\n',
  };
  if (traits.hasSevEsParameter) files[at('sev_es')] = encryptionFlag(encryption.sevEs);
  if (traits.hasSnpParameter) files[at('sev_snp')] = encryptionFlag(encryption.sevSnp);
  if (traits.hasDebugSwapParameter) {
    files[at('debug_swap')] = encryptionFlag(encryption.sevEs && profile.cpu.flags.includes('debug_swap'));
  }
  return files;
}

function miscController(profile: HostProfile, running: RunningGuests): Record<string, string> {
  const traits = kernelTraits(profile.kernel.release);
  // Version 1 has a folder for each controller; its misc controller is not there in such kernels.
  if (!traits.cgroupV2) return { '/sys/fs/cgroup/memory/memory.use_hierarchy': '1\n' };
  const files: Record<string, string> = {
    '/sys/fs/cgroup/cgroup.controllers': `cpuset cpu io memory hugetlb pids rdma${traits.hasMiscController ? ' misc' : ''}\n`,
  };
  if (!traits.hasMiscController) return files;
  const { sev, sevEs, sevSlots, esSlots } = hostEncryption(profile);
  const rows = (sevValue: number | string, esValue: number | string) =>
    `${sev ? `sev ${sevValue}\n` : ''}${sevEs ? `sev_es ${esValue}\n` : ''}`;
  files['/sys/fs/cgroup/misc.capacity'] = rows(sevSlots, esSlots);
  if (traits.hasRootMiscCurrent) files['/sys/fs/cgroup/misc.current'] = rows(running.sev, running.es);
  files['/sys/fs/cgroup/kubepods.slice/misc.current'] = rows(running.sev, running.es);
  files['/sys/fs/cgroup/kubepods.slice/misc.max'] = rows('max', 'max');
  return files;
}
