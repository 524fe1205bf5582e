/** The URL without what may be secret in it: the query of a signed one, a password. */
export function shownUrl(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.host}${url.pathname}`;
}
