/** How long the host has been up when the simulation begins: 12 days, 3 hours and 14 minutes. */
const UP_BEFORE_SECONDS = 12 * 86_400 + 3 * 3600 + 14 * 60;
const simulatedFrom = performance.now();

/** Seconds since the host's boot. */
export function uptimeSeconds(): number {
  return UP_BEFORE_SECONDS + (performance.now() - simulatedFrom) / 1000;
}

/** `/proc/uptime`: seconds since the boot, and idle seconds of all processors together. */
export function procUptime(processors: number): string {
  const seconds = uptimeSeconds();
  return `${seconds.toFixed(2)} ${(seconds * processors * 0.97).toFixed(2)}\n`;
}
