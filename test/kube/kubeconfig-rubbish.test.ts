import { expect } from 'chai';
import fc from 'fast-check';
import { before, describe, it } from 'mocha';
import { stringify } from 'yaml';
import { InfraError } from '../../harness/errors/errors.ts';
import type { KubeAccess } from '../../harness/kube/access.ts';
import { readKubeconfig } from '../../harness/kube/kubeconfig.ts';
import { makeAuthority } from './certificates.ts';

const TOKEN = 'canary0token1canary2token3';

describe('rubbish in place of a kubeconfig', function () {
  this.timeout(120_000);
  let good: Readonly<Record<string, unknown>>;
  let secrets: readonly string[];

  before(async () => {
    const authority = await makeAuthority();
    const { cert, key } = await authority.issue('admin');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const keyBody = base64(key);
    secrets = [TOKEN, keyBody.slice(60, 100), key.split('\n')[1]?.slice(20, 50) ?? ''];
    good = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lane',
      contexts: [{ name: 'lane', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        { name: 'c', cluster: { server: 'https://a:6443', 'certificate-authority-data': base64(authority.ca) } },
      ],
      users: [
        {
          name: 'u',
          user: {
            token: TOKEN,
            'client-certificate-data': base64(cert),
            'client-key-data': keyBody,
            as: 'x',
            exec: null,
          },
        },
      ],
    };
  });

  const read = (text: string): Promise<KubeAccess | InfraError> =>
    readKubeconfig({
      text,
      place: 'FILE',
      side: 'here',
      folder: '/nowhere',
      readFile: async () => {
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      },
    }).catch((error: unknown) => {
      if (error instanceof InfraError) return error;
      throw error;
    });
  /** Either it is understood, or there is one error that names the file, says what to do, and tells no secret. */
  const judge = async (text: string): Promise<void> => {
    const outcome = await read(text);
    if (!(outcome instanceof InfraError)) {
      expect(outcome.server.host).to.not.equal('');
      return;
    }
    expect(outcome.message).to.match(/^kubeconfig FILE: \S/);
    expect(outcome.message.length).to.be.lessThan(2000);
    expect(outcome.hint ?? '').to.not.equal('');
    for (const secret of secrets) expect(`${outcome.message} ${outcome.hint}`).to.not.include(secret);
  };

  it('is told by what it is', async () => {
    const told = async (text: string) => {
      const outcome = await read(text);
      return outcome instanceof InfraError ? outcome.message : 'understood';
    };
    expect(await told('')).to.include('file is empty');
    expect(await told('\n \n')).to.include('file is empty');
    expect(await told('\u007fELF\u0002\u0001\u0001\u0000')).to.include('file is binary, not text');
    expect(await told(Buffer.from('kind: Config', 'utf16le').toString())).to.include('file is binary, not text');
    expect(await told('<!DOCTYPE html><html>')).to.include('file is a web page');
    expect(await told('-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl')).to.include('is a key or a certificate');
    expect(await told('kind: Secret\ncontexts: {}\ncurrent-context: x'))
      .to.include('kind is Secret, not Config')
      .and.to.include('contexts is not a list');
    expect(await told('just words')).to.include('file is not a kubeconfig');
    expect(await told('a: &a [1]\nb: [*a,*a]\n'.repeat(1))).to.include('contexts is missing: the file looks cut off');
    expect(await told('kind: Config\ncontexts:\n- name: a\n  context: {cluster: a, user: a}\n')).to.include(
      'current-context names no context',
    );
    expect(await told(laughs())).to.include('file is not a kubeconfig');
    expect(await told(`\ufeff${stringify(good)}`)).to.equal('understood');
  });

  it('is not quoted where YAML would quote it', async () => {
    for (const text of [
      `token: *${TOKEN}`,
      `token: !${TOKEN} x`,
      `token: "\\x${TOKEN}"`,
      `token: ${TOKEN}: ${TOKEN}: x`,
      `- ${TOKEN}\n${TOKEN}`,
    ])
      await judge(text);
  });

  it('never is more than one clear error: cut off anywhere', async () => {
    const text = stringify(good);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: text.length }), (end) => judge(text.slice(0, end))),
      { numRuns: 300 },
    );
  });

  it('never is more than one clear error: any field replaced by anything', async () => {
    const paths = pathsOf(good);
    const anything = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('https://', 'http://x', '*x', ['x'], { a: { b: 1 } }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), anything, (path, value) =>
        judge(stringify(replaced(good, path, value))),
      ),
      { numRuns: 400 },
    );
  });

  it('never is more than one clear error: bytes changed at random', async () => {
    const bytes = Buffer.from(stringify(good));
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const copy = Buffer.from(bytes);
        for (const { at, byte } of changes) copy[at] = byte;
        await judge(copy.toString());
      }),
      { numRuns: 300 },
    );
  });

  it('never is more than one clear error: any text, any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.uint8Array().map((each) => Buffer.from(each).toString()),
        ),
        judge,
      ),
      { numRuns: 300 },
    );
  });
});

/** Nine lists of nine of the list before: nobody has the memory for all of it. */
function laughs(): string {
  const lists = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
  for (let n = 1; n <= 9; n++)
    lists.push(
      `a${n}: &a${n} [${Array(9)
        .fill(`*a${n - 1}`)
        .join(',')}]`,
    );
  return lists.join('\n');
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each, index) => (index === key ? replaced(each, rest, by) : each));
  return { ...(value as object), [key]: replaced((value as Readonly<Record<string, unknown>>)[key], rest, by) };
}
