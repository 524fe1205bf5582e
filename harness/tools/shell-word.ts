/** The text as one word of a POSIX shell, for a person to copy or a script to hold; no text is no word. */
export function shellWord(text: string): string {
  if (text === '') return '';
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
