/** A generation of AMD memory encryption that a guest can be launched with, weakest first. */
export type Technology = 'sev' | 'sev-es' | 'sev-snp';

/** What a guest of the lane is: one of the technologies, or the plain guest that serves as the control. */
export type GuestKind = Technology | 'plain';

/** All technologies, weakest first; each later one implies the earlier ones in hardware. */
export const TECHNOLOGIES: readonly Technology[] = ['sev', 'sev-es', 'sev-snp'];

/** The technology's name as people write it: `SEV`, `SEV-ES`, `SEV-SNP`. */
export function technologyName(technology: Technology): string {
  return technology.toUpperCase();
}
