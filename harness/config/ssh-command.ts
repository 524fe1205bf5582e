/** What a letter of ssh's command line is called here. Source: ssh(1). */
const FLAGS: Readonly<Record<string, string>> = {
  J: 'ssh-jump',
  i: 'ssh-key',
  F: 'ssh-config',
};

/**
 * The flags that say the same as a command line of ssh, as it comes by mail: `ssh -J gate amd1` is
 * `--ssh amd1 --ssh-jump gate`. Undefined for anything else, and for words that have no flag of their own here.
 */
export function flagsForSsh(text: string): string | undefined {
  const [program, ...words] = text.trim().split(/\s+/);
  if (program !== 'ssh') return undefined;
  const flags: string[] = [];
  const place = { user: '', port: '', host: '' };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, letter = '', glued = ''] = /^-(\w)(.*)$/.exec(word) ?? [];
    if (letter === '') {
      if (place.host !== '' || word.startsWith('-')) return undefined;
      place.host = word;
      continue;
    }
    const value = glued === '' ? words.shift() : glued;
    if (value === undefined) return undefined;
    if (letter === 'p') place.port = `:${value}`;
    else if (letter === 'l') place.user = `${value}@`;
    else if (FLAGS[letter] !== undefined) flags.push(`--${FLAGS[letter]} ${value}`);
    else return undefined;
  }
  return place.host === '' ? undefined : [`--ssh ${place.user}${place.host}${place.port}`, ...flags].join(' ');
}
