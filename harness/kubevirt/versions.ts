import type { Technology } from '../model/technology.ts';

/** A KubeVirt version's numbers. */
export interface KubevirtVersion {
  /** With the leading v, e.g. `v1.9.0`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The newest release that the harness was made for. */
export const NEWEST_KNOWN: KubevirtVersion = { text: 'v1.9.0', major: 1, minor: 9, patch: 0 };

/** Whether it is a release of the project, or a candidate: those have their images at quay.io. */
export function isRelease(text: string): boolean {
  return /^v\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?$/.test(text);
}

/** Reads `v1.9.0`, `1.9.0`, `v1.10.0-rc.1` or `v1.9.0-12-gabc+dirty`; undefined for anything else. */
export function parseKubevirtVersion(text: string): KubevirtVersion | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.exec(text.trim());
  if (match === null) return undefined;
  return {
    text: text.trim().replace(/^v?/, 'v'),
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3]),
  };
}

/** Whether `version` is at least `major.minor`. */
export function isAtLeast(version: KubevirtVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/** Whether the one release is later than the other. */
export function isNewer(one: KubevirtVersion, other: KubevirtVersion): boolean {
  const parts = ['major', 'minor', 'patch'] as const;
  const differing = parts.find((part) => one[part] !== other[part]);
  return differing !== undefined && one[differing] > other[differing];
}

/** Technologies whose API field the version has: SEV-ES came with v1.0, SEV-SNP with v1.7. Source: KubeVirt's schema.go by tag. */
export function technologiesOf(version: KubevirtVersion): readonly Technology[] {
  if (isAtLeast(version, 1, 7)) return ['sev', 'sev-es', 'sev-snp'];
  return isAtLeast(version, 1, 0) ? ['sev', 'sev-es'] : ['sev'];
}

/** The value of the SEV node labels: `true` from v1.5.3 on, empty before. Source: KubeVirt's node labeller by tag. */
export function nodeLabelValue(version: KubevirtVersion): string {
  const since153 = isAtLeast(version, 1, 6) || (isAtLeast(version, 1, 5) && version.patch >= 3);
  return since153 ? 'true' : '';
}

/** Feature gates that the KubeVirt CR must list: WorkloadEncryptionSEV is Beta, hence on by itself, from v1.9. */
export function gatesToList(version: KubevirtVersion): readonly string[] {
  return isAtLeast(version, 1, 9) ? [] : ['WorkloadEncryptionSEV'];
}
