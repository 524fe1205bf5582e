/**
 * What a guest's kernel log says about memory encryption. `features` is what the kernel switched on; `line` is
 * where that was read. No line at all: nothing is switched on.
 */
export interface KernelFeatures {
  readonly features: readonly string[];
  readonly line?: string;
}

// Kernels 5.10 to 5.18 say "AMD Memory Encryption Features active: SEV SEV-ES", later ones "Memory Encryption Features
// active: AMD SEV SEV-ES"; before 5.10 only plain SEV existed. Anchored at both ends: an open-ended match would let an
// SEV-ES guest pass as plain SEV. Sources: Linux arch/x86/mm/mem_encrypt*.c of those versions.
const PREFIX = String.raw`^(?:<\d+>)?(?:\[\s*\d+\.\d+\]\s*)?`;
const ACTIVE = new RegExp(`${PREFIX}(?:AMD )?Memory Encryption Features active:(.*)$`);
const BEFORE_5_10 = new RegExp(`${PREFIX}AMD Secure Encrypted Virtualization \\(SEV\\) active$`);

/**
 * Reads the active memory-encryption features out of a kernel log. Lines that disagree are all reported: the union
 * is returned, so that an extra claim is never missed.
 */
export function kernelFeatures(log: string): KernelFeatures {
  const found = log.split(/\r?\n/).flatMap((raw) => {
    const line = raw.trim();
    const active = ACTIVE.exec(line);
    if (active) return [{ line, features: words(active[1] ?? '') }];
    return BEFORE_5_10.test(line) ? [{ line, features: ['SEV'] }] : [];
  });
  if (found.length === 0) return { features: [] };
  return {
    features: [...new Set(found.flatMap((each) => each.features))],
    line: [...new Set(found.map((each) => each.line))].join(' | '),
  };
}

/** The vendor word is not a feature; everything else counts as one, whatever it says. */
function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '' && word !== 'AMD');
}
