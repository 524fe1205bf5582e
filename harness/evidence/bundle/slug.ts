import { createHash } from 'node:crypto';

const LONGEST = 70;

/**
 * The name of a bundle's folder, made of the row's: letters, digits and dashes, the same on every run. Different rows
 * get different ones. It never looks like a JUnit file, and has none of the characters that bucket browsers rewrite.
 */
export function bundleSlug(of: 'case' | 'phase', row: string): string {
  const plain = row
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const isExact = plain.length > 0 && plain.length <= LONGEST && plain === row.toLowerCase().replace(/: | /g, '-');
  if (isExact) return `${of}-${plain}`;
  const mark = createHash('sha256').update(row).digest('hex').slice(0, 8);
  const short = plain.length <= LONGEST ? plain : plain.slice(0, LONGEST).replace(/-[^-]*$/, '');
  return [of, short, mark].filter((part) => part !== '').join('-');
}
