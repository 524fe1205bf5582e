import type { Technology } from '../model/technology.ts';

/** What the host's kernel log says about memory encryption. Absent parts were not said. */
export interface EncryptionLog {
  /** False: the ring has lost its beginning, so that what is not there may still have been said. */
  readonly isWhole: boolean;
  /** ASIDs as kvm_amd told them, per technology. */
  readonly asids: Readonly<Partial<Record<Technology, AsidLine>>>;
  readonly firmware?: FirmwareLine;
  /** The table that says whose each page is; absent: none was found. */
  readonly rmp?: string;
  /** The line in which the IOMMU says that it can do SNP. */
  readonly iommuSnp?: string;
  /** The line in which the host says that its own memory is encrypted. */
  readonly sme?: string;
  readonly hypervisor?: string;
  /** Whether SEV-SNP got ASIDs for itself, which ciphertext hiding needs. */
  readonly isHiding: boolean;
  /** Lines that say why something is off, without time stamps, per technology that they concern. */
  readonly faults: Readonly<Record<Technology, readonly string[]>>;
}

export interface AsidLine {
  readonly state: 'enabled' | 'disabled' | 'unusable';
  /** NaN where the kernel did not count. */
  readonly count: number;
  /** The line without its time stamp. */
  readonly line: string;
}

/** The version of the API that the secure processor's firmware told the ccp driver. */
export interface FirmwareLine {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  readonly line: string;
}

/** Texts of Linux: arch/x86/kvm/svm/sev.c, drivers/crypto/ccp/sev-dev.c, arch/x86/virt/svm/sev.c, drivers/iommu/amd. */
const FAULTS: readonly (readonly [concerns: Technology, text: RegExp])[] = [
  ['sev', /SEV: memory encryption not enabled by BIOS/],
  ['sev', /SEV: failed to INIT error/],
  ['sev', /ccp .*: (tee|psp|sev) enable failed/i],
  ['sev-es', /TMR allocation failed, SEV-ES support unavailable/],
  ['sev-snp', /SEV-SNP: failed to INIT/],
  ['sev-snp', /Memory for the RMP table has not been reserved by BIOS/],
  ['sev-snp', /RMP configuration not valid/],
  ['sev-snp', /Memory reserved for the RMP table does not cover full system RAM/],
  ['sev-snp', /SNP: IOMMU (disabled|is configured|SNP feature not enabled)/],
];

/**
 * Reads the host's kernel log, in the words of every kernel since 4.16: `SEV supported: N ASIDs` before 5.19,
 * `SEV enabled (ASIDs a - b)` since, with or without `SVM:` or `kvm_amd:` before it. The latest line counts.
 */
export function readEncryptionLog(text: string): EncryptionLog {
  const lines = text.split('\n').map((line) => line.replace(/^(<\d+>)?\[[^\]]*\]\s*/, '').trim());
  const asids: Partial<Record<Technology, AsidLine>> = {};
  const faults: Record<Technology, string[]> = { sev: [], 'sev-es': [], 'sev-snp': [] };
  for (const line of lines) {
    const told = readAsidLine(line);
    if (told) asids[told.technology] = told.asids;
    for (const [concerns, fault] of FAULTS) if (fault.test(line)) faults[concerns].push(line);
  }
  const latest = (pattern: RegExp) => lines.findLast((line) => pattern.test(line));
  return {
    isWhole: lines.some((line) => line.startsWith('Linux version ')),
    isHiding: lines.some((line) => line.includes('SEV-SNP ciphertext hiding enabled')),
    asids,
    faults,
    ...given('firmware', readFirmware(latest(FIRMWARE))),
    ...given('rmp', latest(/^SEV-SNP: (Segmented )?RMP (base )?table physical range/)),
    ...given('iommuSnp', latest(/^AMD-Vi: IOMMU SNP support enabled/)),
    ...given('sme', latest(/^AMD Secure Memory Encryption \(SME\) active|Memory Encryption Features active: AMD SME/)),
    ...given('hypervisor', latest(/^Hypervisor detected: /)),
  };
}

/** True for text in which nothing of a kernel's log is found. */
export function isNoKernelLog(text: string): boolean {
  return !/^(<\d+>)?(\[[^\]]*\]\s*)?(Linux version |Command line: |SEV|SVM: |kvm|ccp |AMD-Vi: |SNP: |AMD Secure|pci |x86\/)/m.test(
    text,
  );
}

const FIRMWARE = /^ccp \S+: (?:SEV|SEV-SNP) API:(\d{1,3})\.(\d{1,3}) build:(\d{1,5})$/;

function given<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value });
}

function readAsidLine(line: string): { readonly technology: Technology; readonly asids: AsidLine } | undefined {
  const old = /^(?:SVM: |kvm_amd: )?(SEV|SEV-ES) supported(?:: (\d+) ASIDs)?$/.exec(line);
  if (old) {
    const count = old[2] === undefined ? Number.NaN : Number(old[2]);
    return { technology: technologyOf(old[1]), asids: { state: count === 0 ? 'disabled' : 'enabled', count, line } };
  }
  const recent = /^(?:SVM: |kvm_amd: )?(SEV|SEV-ES|SEV-SNP) (enabled|disabled|unusable) \(ASIDs (\d+) - (\d+)\)$/.exec(
    line,
  );
  if (!recent) return undefined;
  const [, name, state, first, last] = recent;
  const count = Number(first) === 0 ? 0 : Math.max(0, Number(last) - Number(first) + 1);
  return { technology: technologyOf(name), asids: { state: state as AsidLine['state'], count, line } };
}

function technologyOf(name: string | undefined): Technology {
  return name === 'SEV-SNP' ? 'sev-snp' : name === 'SEV-ES' ? 'sev-es' : 'sev';
}

function readFirmware(line: string | undefined): FirmwareLine | undefined {
  const told = FIRMWARE.exec(line ?? '');
  if (told === null || line === undefined) return undefined;
  return { major: Number(told[1]), minor: Number(told[2]), build: Number(told[3]), line };
}
