import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { describe, it } from 'mocha';

const ROOT = join(import.meta.dirname, '../../..');

describe('the package', () => {
  it('holds every file that its pages point to', async () => {
    const { stdout } = await execa('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const packed = files.map(({ path }) => path);
    const docs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
    const missing: string[] = [];
    for (const page of ['README.md', 'prow/README.md', ...docs.map((name) => `docs/${name}`)]) {
      const text = await readFile(join(ROOT, page), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)) {
        const path = relative(ROOT, join(ROOT, dirname(page), target)).replace(/\/$/, '');
        if (!packed.some((file) => file === path || file.startsWith(`${path}/`))) missing.push(`${page}: ${path}`);
      }
    }
    expect(missing).to.deep.equal([]);
  });
});
