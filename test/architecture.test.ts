import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { crossing, MAY_IMPORT, ROOMS, roomOf, wrongPackage } from './architecture/borders.ts';
import { circlesIn, importsOf, linesWith, processLines, targetOf } from './architecture/scan.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('architecture', () => {
  const sources = new Map<string, string>();

  before(async () => {
    for (const folder of ['harness', 'providers', 'reports', 'suites']) {
      for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
        const path = join(entry.parentPath, entry.name);
        sources.set(path.slice(ROOT.length + 1), await readFile(path, 'utf8'));
      }
    }
  });

  it('finds the sources', () => {
    expect(sources.size).to.be.greaterThan(60);
    expect([...sources.keys()]).to.include.members(['harness/main.ts', 'harness/run.ts', 'providers/index.ts']);
  });

  it('crosses no border between rooms, not even by a type', () => {
    const crossings = [...sources].flatMap(([file, source]) =>
      importsOf(source).flatMap(({ line, specifier }) => {
        if (specifier === undefined) return [`${file}:${line} imports something computed`];
        const target = targetOf(file, specifier);
        const wrong = target === undefined ? wrongPackage(file, specifier) : crossing(file, target);
        return wrong === undefined ? [] : [`line ${line}: ${wrong}`];
      }),
    );
    expect(crossings).to.deep.equal([]);
  });

  it('imports only files that are there', () => {
    const missing = [...sources].flatMap(([file, source]) =>
      importsOf(source)
        .map(({ specifier }) => (specifier === undefined ? undefined : targetOf(file, specifier)))
        .filter((target) => target?.endsWith('.ts') === true && !sources.has(target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('has no circle of imports', () => {
    const graph = new Map(
      [...sources].map(([file, source]) => [
        file,
        importsOf(source).flatMap(({ specifier }) => targetOf(file, specifier ?? '') ?? []),
      ]),
    );
    expect(circlesIn(graph).map((circle) => circle.join(' → '))).to.deep.equal([]);
  });

  it('touches process in main.ts only', () => {
    const touched = [...sources].flatMap(([file, source]) =>
      file === 'harness/main.ts' ? [] : processLines(source).map((line) => `${file}:${line}`),
    );
    expect(touched).to.deep.equal([]);
    expect(processLines(sources.get('harness/main.ts') ?? '')).to.not.be.empty;
  });

  it('knows nothing of the simulated host in harness and reports', () => {
    const named = [...sources].flatMap(([file, source]) =>
      /^(harness|reports|suites)\//.test(file)
        ? linesWith(source, /\bmock|\bsim-|SEVLANE_SIM/i).map((line) => `${file}:${line}`)
        : [],
    );
    expect(named).to.deep.equal([]);
  });

  it('names each room of the table in docs/architecture.md', async () => {
    const page = await readFile(join(ROOT, 'docs/architecture.md'), 'utf8');
    for (const [room] of ROOMS) expect(page, room).to.contain(room.replace('providers/index', 'providers/'));
    expect(Object.keys(MAY_IMPORT)).to.have.members(ROOMS.map(([room]) => room));
  });
});

describe('import scanner', () => {
  const specifiers = (source: string) => importsOf(source).map(({ specifier }) => specifier);

  it('sees every form of import', () => {
    const source = [
      "import { a } from './a.ts';",
      "import type { B } from './b.ts';",
      "import './c.ts';",
      "export { d } from './d.ts';",
      "export type * from './e.ts';",
      "const f = await import('./f.ts');",
      "type G = import('./g.ts').G;",
      'const h = await import(`./h.ts`);',
      "const i = require('./i.ts');",
      "import {\n  j,\n} from './j.ts';",
      "import k, { type K } from './k.ts'; import l from './l.ts';",
    ].join('\n');
    expect(specifiers(source).sort()).to.deep.equal([...'abcdefghijkl'].map((letter) => `./${letter}.ts`));
  });

  it('gives the line of each import', () => {
    expect(importsOf("// one\n\nimport { a } from './a.ts';\n")).to.deep.equal([{ line: 3, specifier: './a.ts' }]);
  });

  it('is not led astray by comments, strings, templates and regular expressions', () => {
    const source = [
      "// import { a } from './a.ts';",
      "/* export * from './b.ts'; */",
      'const text = "import x from \'./c.ts\'";',
      `const template = \`from './d.ts' \${text + \`from './e.ts'\`} // \${1}\`;`,
      "const pattern = /['\"`]\\/\\//; const half = 4 / 2 / 1; // from './f.ts'",
      "const seen = value.import('./g.ts');",
      "import { real } from './real.ts';",
    ].join('\n');
    expect(specifiers(source)).to.deep.equal(['./real.ts']);
  });

  it('sees code inside of templates', () => {
    expect(specifiers(`const a = \`x \${await import('./a.ts')} y\`;`)).to.deep.equal(['./a.ts']);
  });

  it('tells that a computed import cannot be known', () => {
    expect(specifiers('await import(name);')).to.deep.equal([undefined]);
    expect(specifiers(`await import(\`./\${name}.ts\`);`)).to.deep.equal([undefined]);
  });

  it('tells crossings by static, type-only and dynamic imports', () => {
    for (const source of [
      "import { sshClient } from '../../harness/ssh/client.ts';",
      "import type { SshClient } from '../../harness/ssh/client.ts';",
      "const x = await import('../../harness/ssh/client.ts');",
    ]) {
      const [found] = importsOf(source);
      const target = targetOf('providers/mock/provider.ts', found?.specifier ?? '');
      expect(crossing('providers/mock/provider.ts', target ?? '')).to.contain('harness/ssh/client.ts (ssh)');
    }
  });

  it('holds single files of a room apart', () => {
    expect(crossing('suites/a.ts', 'harness/kubevirt/kernel-log.ts')).to.equal(undefined);
    expect(crossing('suites/a.ts', 'harness/kubevirt/install.ts')).to.contain('(kubevirt)');
    expect(crossing('providers/mock/a.ts', 'harness/model/host.ts')).to.equal(undefined);
    expect(crossing('providers/mock/a.ts', 'harness/model/guests.ts')).to.contain('must never share');
    expect(crossing('harness/run.ts', 'suites/memory-encryption.ts')).to.contain('(suites)');
  });

  it('tells a file that stands in no room', () => {
    expect(roomOf('harness/utils.ts')).to.equal(undefined);
    expect(crossing('harness/utils.ts', 'harness/model/host.ts')).to.contain('no room');
  });

  it('tells packages in rooms that they do not belong to', () => {
    expect(wrongPackage('providers/mock/a.ts', '@kubernetes/client-node')).to.contain('providers/mock');
    expect(wrongPackage('harness/model/a.ts', 'zod')).to.contain('zod');
    expect(wrongPackage('harness/kube/a.ts', '@kubernetes/client-node/dist/x.js')).to.equal(undefined);
  });

  it('finds circles, each once', () => {
    const graph = new Map([
      ['b', ['c']],
      ['c', ['a', 'd']],
      ['a', ['b']],
      ['d', []],
      ['e', ['e', 'a']],
    ]);
    expect(circlesIn(graph)).to.deep.equal([
      ['a', 'b', 'c', 'a'],
      ['e', 'e'],
    ]);
  });

  it('sees the global process, not its namesakes', () => {
    expect(processLines('const a = 1;\nprocess.exit(1);')).to.deep.equal([2]);
    expect(processLines('const { env } = process;')).to.deep.equal([1]);
    expect(processLines('globalThis.process.env')).to.deep.equal([1]);
    expect(processLines("import { env } from 'node:process';")).to.deep.equal([1]);
    expect(
      processLines("// process\nconst a = 'process'; child.process.kill(); const b = { process: 1 };"),
    ).to.deep.equal([]);
  });

  it('lets nothing be called process in place of the global', () => {
    expect(processLines("const process = start('a');\nprocess.env.X;")).to.deep.equal([1, 2]);
    expect(processLines('const own = { ...process };\nprocess?.env;\nconst of = { process };')).to.deep.equal([
      1, 2, 3,
    ]);
    expect(processLines('interface A {\n  process?: string;\n  process(): void;\n}')).to.deep.equal([]);
  });

  it('sees words in code and strings, not in comments', () => {
    expect(linesWith("const a = '--sim-host';\n// --sim-host\nconst mock = 1;", /\bmock|\bsim-/)).to.deep.equal([1, 3]);
  });
});
