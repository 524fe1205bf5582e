import type { Technology } from '../model/technology.ts';

/** What the host's kernel log says about memory encryption. Absent parts were not said. */
export interface EncryptionLog {
  /** ASIDs as kvm_amd told them, per technology. */
  readonly asids: Readonly<Partial<Record<Technology, AsidLine>>>;
  /** e.g. `1.55 build 21`. */
  readonly firmware?: string;
  /** Lines that say why something is off, without time stamps, per technology that they concern. */
  readonly faults: Readonly<Record<Technology, readonly string[]>>;
}

export interface AsidLine {
  readonly state: 'enabled' | 'disabled' | 'unusable';
  readonly count: number;
  /** The line without its time stamp. */
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
  let firmware: string | undefined;
  for (const line of lines) {
    const told = readAsidLine(line);
    if (told) asids[told.technology] = told.asids;
    for (const [concerns, fault] of FAULTS) if (fault.test(line)) faults[concerns].push(line);
    firmware = readFirmware(line) ?? firmware;
  }
  return { asids, faults, ...(firmware === undefined ? {} : { firmware }) };
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

function readFirmware(line: string): string | undefined {
  const told = /^ccp \S+: (?:SEV|SEV-SNP) API:(\d+)\.(\d+) build:(\d+)$/.exec(line);
  return told ? `${told[1]}.${told[2]} build ${told[3]}` : undefined;
}
