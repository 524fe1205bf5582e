import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import type { DomainHost } from './domain-host.ts';
import { isSnp, isTdx, nvramDirectory } from './vmi-traits.ts';
import { element, textElement, type XmlElement } from './xml.ts';

/** Machine, firmware and boot of the domain. */
export function osElement(vmi: Vmi, cluster: LauncherCluster, host: DomainHost): XmlElement {
  const { firmware, machine } = vmi.spec.domain;
  const kernel = firmware?.kernelBoot;
  const boot = (path: string | undefined) =>
    path ? `/var/run/kubevirt/container-disks/kernel-boot/${path.split('/').at(-1)}` : undefined;
  const kernelPath = boot(kernel?.container?.kernelPath);
  const initrdPath = boot(kernel?.container?.initrdPath);
  return element(
    'os',
    {},
    textElement('type', 'hvm', { arch: 'x86_64', machine: machine?.type }),
    element('smbios', { mode: 'sysinfo' }),
    vmi.spec.startStrategy === 'Paused' && element('bootmenu', { enable: 'yes', timeout: BOOT_MENU_MS }),
    firmware?.bootloader?.bios?.useSerial && element('bios', { useserial: 'yes' }),
    firmwareElements(vmi, cluster, host),
    kernelPath !== undefined && textElement('kernel', kernelPath),
    initrdPath !== undefined && textElement('initrd', initrdPath),
    kernel?.kernelArgs ? textElement('cmdline', kernel.kernelArgs) : undefined,
  );
}

/** Time for a client to reach the console of a guest that starts paused. */
const BOOT_MENU_MS = 10_000;

/** EFI code and variables. SNP and TDX firmware is stateless: one ROM and no variables. */
function firmwareElements(
  vmi: Vmi,
  { version }: LauncherCluster,
  { ovmfDirectory }: DomainHost,
): readonly XmlElement[] {
  const efi = vmi.spec.domain.firmware?.bootloader?.efi;
  if (efi === undefined) return [];
  const secure = efi.secureBoot ?? true;
  const stateless = atLeast(version, 'v1.7') && (isSnp(vmi) || isTdx(vmi));
  // TDX firmware carries its keys itself, without SMM.
  const secured = secure && !(stateless && isTdx(vmi));
  const attributes = { readonly: 'yes', secure: secured ? 'yes' : 'no', type: stateless ? 'rom' : 'pflash' };
  const loader = textElement('loader', `${ovmfDirectory}/${codeFile(vmi, secure, stateless)}`, attributes);
  if (stateless) return [loader];
  const template = `${ovmfDirectory}/OVMF_VARS${secure ? '.secboot' : ''}.fd`;
  return [loader, textElement('nvram', `${nvramDirectory(vmi)}/${vmi.metadata.name}_VARS.fd`, { template })];
}

function codeFile(vmi: Vmi, secure: boolean, stateless: boolean): string {
  if (stateless) return isSnp(vmi) ? 'OVMF.amdsev.fd' : `OVMF.inteltdx${secure ? '.secboot' : ''}.fd`;
  return vmi.spec.domain.launchSecurity?.sev != null ? 'OVMF_CODE.cc.fd' : 'OVMF_CODE.secboot.fd';
}
