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
