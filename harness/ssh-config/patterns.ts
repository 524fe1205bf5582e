/** Whether a name fits a pattern with `*` and `?`; letters count as they are written, as ssh compares them. */
export function fitsPattern(name: string, pattern: string): boolean {
  // By hand and not by RegExp: `a*a*a*a*b` would take a backtracking matcher for ever.
  let at = 0;
  let sought = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const expected = pattern.charAt(sought);
    if (expected === '*') {
      star = sought++;
      resume = at;
    } else if (sought < pattern.length && (expected === '?' || expected === name.charAt(at))) {
      at++;
      sought++;
    } else if (star >= 0) {
      sought = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern.charAt(sought) === '*') sought++;
  return sought === pattern.length;
}

/** Whether a name fits a list of patterns separated by commas, none of the negated ones among them. */
export function fitsList(name: string, list: string): boolean {
  return fitsAny(name, list.split(','));
}

/** Whether a name fits one of the patterns and none of the negated ones among them. */
export function fitsAny(name: string, patterns: readonly string[]): boolean {
  if (patterns.some((pattern) => pattern.startsWith('!') && fitsPattern(name, pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && fitsPattern(name, pattern));
}
