import { stripVTControlCharacters } from 'node:util';

/** Text fit for XML 1.0 and for any terminal: no escape sequences, no control characters, `\n` alone ends a line. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\n\t])\p{Cc}|[\ufffe\uffff]/gu, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Plain text in one line. */
export function oneLine(text: string): string {
  return plainText(text)
    .replace(/\s*\n\s*/g, '; ')
    .replace(/\t/g, ' ')
    .trim();
}

/** Milliseconds as a reader wants them: `0.3 s`, `41 s`, `6 m 03 s`. */
export function spokenTime(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}
