/** A KubeVirt release, e.g. v1.9.0. `text` is how images and manifests name it. */
export interface KubevirtVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** True if `version` is of the minor release `since` (e.g. `v1.7`) or later. A patch may be given too: `v1.5.3`. */
export function atLeast(version: KubevirtVersion, since: string): boolean {
  const [major = 0, minor = 0, patch = 0] = since.replace(/^v/, '').split('.').map(Number);
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}

/** True if a row with these optional bounds (`until` is exclusive) applies to `version`. */
export function applies(
  version: KubevirtVersion,
  row: { readonly since?: string | undefined; readonly until?: string | undefined },
): boolean {
  return (
    (row.since === undefined || atLeast(version, row.since)) &&
    (row.until === undefined || !atLeast(version, row.until))
  );
}

/** Reads `v1.9.0`, `1.9.0` or `v1.9` (patch 0); undefined for anything else. */
export function parseVersion(text: string): KubevirtVersion | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return { text: `v${major}.${minor}.${patch}`, major, minor, patch };
}
