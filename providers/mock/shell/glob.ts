/** Whether one step of a path matches a shell pattern. A leading dot must be matched by a dot. */
export function matchesGlob(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return globRegExp(pattern).test(name);
}

/** A shell pattern as a regular expression over a whole text. */
export function globRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\[!?[^\]]+\]|[\s\S]/g, (sign) => {
    if (sign === '*') return '.*';
    if (sign === '?') return '.';
    if (sign.length > 1) return sign.replace(/^\[!/, '[^');
    return sign.replace(/[.+^${}()|[\]\\/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
