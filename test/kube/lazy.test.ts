import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { describe, it } from 'mocha';

const MAIN = fileURLToPath(new URL('../../harness/main.js', import.meta.url));
const LAZY = new URL('../../harness/kube/client-node.js', import.meta.url).href;
const inline = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

/** Lets every attempt to load client-node fail. */
const FORBID = inline(`
  import { register } from 'node:module';
  register(${JSON.stringify(
    inline(`
      export async function resolve(specifier, context, next) {
        if (specifier === '@kubernetes/client-node') throw new Error('client-node is loaded');
        return await next(specifier, context);
      }
    `),
  )});
`);

const node = (...args: readonly string[]) => execa(process.execPath, ['--import', FORBID, ...args], { reject: false });

describe('client-node', () => {
  it('costs nothing where no cluster is worked on', async () => {
    const [loaded, list, config, help, wrong] = await Promise.all([
      node('--input-type=module', '--eval', `await import(${JSON.stringify(LAZY)})`),
      node(MAIN, 'list', '--provider', 'mock'),
      node(MAIN, 'config', '--provider', 'mock'),
      node(MAIN, '--help'),
      node(MAIN, 'run', '--no-such-flag'),
    ]);
    expect(loaded.stderr).to.include('client-node is loaded');
    expect([list, config, help, wrong].map(({ exitCode }) => exitCode)).to.deep.equal([0, 0, 0, 2]);
  });
});
