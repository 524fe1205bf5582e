/** One word of a POSIX shell, for a person to copy or a script to hold: quoted only where it must be. No text is no word. */
export function shellWord(word: string): string {
  if (word === '') return '';
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
