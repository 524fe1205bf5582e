/** Milliseconds as a reader wants them: `340 ms`, `1.2 s`, `41 s`, `6 m`, `6 m 03 s`, `1 h 15 m`. */
export function spokenTime(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m${rest(seconds % 60, 's')}`;
  return `${Math.floor(minutes / 60)} h${rest(minutes % 60, 'm')}`;
}

function rest(count: number, unit: string): string {
  return count === 0 ? '' : ` ${String(count).padStart(2, '0')} ${unit}`;
}
