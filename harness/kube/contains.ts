/**
 * Whether all of `part` stands in `whole`: every field, lists element by element. The server adds defaults and its own
 * fields, so `whole` may hold more; it drops what is empty. As in a merge patch, null means that the field is not there.
 */
export function contains(whole: unknown, part: unknown): boolean {
  if (whole === undefined || whole === null) return isEmpty(part);
  if (Array.isArray(part)) {
    return Array.isArray(whole) && whole.length === part.length && part.every((each, at) => contains(whole[at], each));
  }
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || Array.isArray(whole)) return false;
  return Object.entries(part).every(([key, value]) => contains((whole as Record<string, unknown>)[key], value));
}

function isEmpty(part: unknown): boolean {
  if (part === null || part === undefined) return true;
  return typeof part === 'object' && Object.values(part).every(isEmpty);
}
