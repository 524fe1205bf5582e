import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** The files that an absolute path with `*`, `?` and `[...]` in it names, in order; none when there are none. */
export async function filesLike(pattern: string): Promise<readonly string[]> {
  if (!isAbsolute(pattern)) return [];
  let found: readonly string[] = ['/'];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    found = /[*?[]/.test(part)
      ? (await Promise.all(found.map((folder) => entriesLike(folder, part)))).flat()
      : found.map((folder) => join(folder, part));
  }
  const exist = await Promise.all(found.map(async (path) => await stat(path).then(Boolean, () => false)));
  return found.filter((_, index) => exist[index]);
}

async function entriesLike(folder: string, part: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const expression = expressionOf(part);
  // As glob(7): a leading dot is matched by nothing but a dot.
  const fitting = names.filter((name) => expression.test(name) && (part.startsWith('.') || !name.startsWith('.')));
  return fitting.sort().map((name) => join(folder, name));
}

function expressionOf(part: string): RegExp {
  const source = part.replace(/\[!?[^\]]+\]|[*?]|[^*?]/g, (piece) => {
    if (piece === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    if (piece.length === 1) return piece.replace(/[.+^${}()|[\]\\]/, '\\$&');
    const isNegated = piece.startsWith('[!');
    const members = piece.slice(isNegated ? 2 : 1, -1).replace(/[\\^\][]/g, '\\$&');
    return `[${isNegated ? '^' : ''}${members}]`;
  });
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range such as [z-a] matches nothing.
    return /^(?!)/;
  }
}
