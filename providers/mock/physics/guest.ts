import { hostEncryption, type RunningGuests } from './asids.ts';
import type { Encryption, HostProfile } from './host.ts';

/** How a guest came up: what the silicon does to its memory, or why it was not launched. */
export type GuestBoot =
  | { readonly really: Encryption }
  /** `error` is libvirt's, as its Go binding prints it and KubeVirt passes it on. */
  | { readonly refused: true; readonly error: string };

/**
 * Launches a guest on a host where others run already. Without the switches, libvirt refuses; without a free ASID,
 * KVM answers EBUSY when QEMU initialises SEV. The device plugin's count of 1000 keeps nobody from trying.
 */
export function guestBoot(profile: HostProfile, asked: Encryption, running: RunningGuests): GuestBoot {
  const host = hostEncryption(profile);
  switch (asked) {
    case 'none':
      return { really: 'none' };
    case 'sev':
      if (!host.sev) return unsupported('SEV launch security is not supported with this QEMU binary');
      return running.sev < host.sevSlots ? { really: 'sev' } : noAsid();
    case 'sev-es':
      if (!host.sev) return unsupported('SEV launch security is not supported with this QEMU binary');
      if (!host.sevEs)
        return exited('sev_common_kvm_init: guest policy requires SEV-ES, but host SEV-ES support unavailable');
      if (host.sevSnp && refusesEs(profile.firmware)) return refusedByFirmware();
      return running.es < host.esSlots ? { really: 'sev-es' } : noAsid();
    case 'sev-snp':
      if (!host.sevSnp) return unsupported('SEV SNP launch security is not supported with this QEMU binary');
      return running.es < host.esSlots ? { really: 'sev-snp' } : noAsid();
  }
}

/** Counts one more guest of this kind. */
export function withGuest(running: RunningGuests, kind: Encryption, by: 1 | -1 = 1): RunningGuests {
  if (kind === 'none') return running;
  return kind === 'sev' ? { ...running, sev: running.sev + by } : { ...running, es: running.es + by };
}

/** VIR_ERR_CONFIG_UNSUPPORTED of VIR_FROM_QEMU. */
function unsupported(message: string): GuestBoot {
  return { refused: true, error: `virError(Code=67, Domain=10, Message='unsupported configuration: ${message}')` };
}

/** VIR_ERR_INTERNAL_ERROR of VIR_FROM_QEMU. */
function exited(line: string): GuestBoot {
  const message = `internal error: QEMU unexpectedly closed the monitor: qemu-kvm: ${line}\nqemu-kvm: failed to initialize kvm: Operation not permitted`;
  return { refused: true, error: `virError(Code=1, Domain=10, Message='${message}')` };
}

/** Firmware from API 1.58 on launches no SEV-ES guest once SNP is initialised. */
function refusesEs({ apiMajor, apiMinor }: HostProfile['firmware']): boolean {
  return apiMajor > 1 || (apiMajor === 1 && apiMinor >= 58);
}

const EIO = 5;
const INVALID_PARAM = 21;

function refusedByFirmware(): GuestBoot {
  return exited(`sev_launch_start: LAUNCH_START ret=-${EIO} fw_error=${INVALID_PARAM} 'Feature not supported'`);
}

const EBUSY = 16;

function noAsid(): GuestBoot {
  return exited(`sev_common_kvm_init: failed to initialize ret=-${EBUSY} fw_error=0 ''`);
}
