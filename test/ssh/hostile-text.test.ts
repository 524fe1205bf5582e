import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readGreeting } from '../../harness/ssh/greeting.ts';
import { judgeHostKey, knownHostEntries } from '../../harness/ssh/known-hosts.ts';
import { newMark, readProbe, unwrapResult, wrapCommand } from '../../harness/ssh/login-shell.ts';

/** A public key in wire format with these 32 bytes. */
function ed25519(seed: string): Buffer {
  const type = Buffer.from('ssh-ed25519');
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return Buffer.concat([field(type), field(createHash('sha256').update(seed).digest())]);
}

const OURS = ed25519('ours');
const OTHER = ed25519('other');
const line = (names: string, key: Buffer) => `${names} ssh-ed25519 ${key.toString('base64')}`;
const HOST = { host: 'node.example', port: 22 };
const verdict = (text: string) => judgeHostKey(knownHostEntries([{ path: 'kh', text }], HOST), OURS).kind;
/** Whatever may stand in a file, but no line that names our host. */
const rubbish = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('|1|', '@revoked', '@cert-authority *', '|1|x|y ssh-ed25519 AAAA', '!*', '*'),
  )
  .map((text) => text.replaceAll('\n', ' '));

describe('known_hosts with anything in it', () => {
  it('never vouches for a key that it does not hold', () => {
    fc.assert(
      fc.property(fc.array(rubbish), fc.constantFrom('\n', '\r\n', '\r'), (lines, end) => {
        expect(verdict(lines.join(end))).to.equal('unknown');
      }),
    );
  });

  it('finds a good line among broken ones, and a revoked one before it', () => {
    fc.assert(
      fc.property(fc.array(rubbish), fc.array(rubbish), fc.constantFrom('\n', '\r\n'), (before, after, end) => {
        const good = line('node.example', OURS);
        expect(verdict([...before, good, ...after].join(end))).to.equal('known');
        expect(verdict([...before, good, ...after, `@revoked * ${good.slice(13)}`].join(end))).to.equal('revoked');
        expect(verdict([...before, line('node.example', OTHER), ...after].join(end))).to.equal('changed');
      }),
    );
  });

  it('takes no key whose text is not exactly its own', () => {
    const base64 = OURS.toString('base64');
    fc.assert(
      fc.property(fc.nat(base64.length - 1), fc.constantFrom('*', '-', '_', '.', '"', '\u00e9'), (at, stranger) => {
        const broken = `${base64.slice(0, at)}${stranger}${base64.slice(at)}`;
        expect(verdict(`node.example ssh-ed25519 ${broken}`)).to.equal('unknown');
      }),
    );
  });

  it('matches patterns as regular expressions would, and in no time', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), minLength: 1, maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*', '?'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(name, pattern, (host, text) => {
        const expected = new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(
          host,
        );
        const found = knownHostEntries([{ path: 'kh', text: line(text, OURS) }], { host, port: 22 });
        expect(found.length > 0).to.equal(expected);
      }),
    );
    const startedAt = performance.now();
    verdict(Array.from({ length: 2000 }, () => line(`${'*a'.repeat(40)}b`, OTHER)).join('\n'));
    expect(performance.now() - startedAt).to.be.below(5000);
  });
});

describe('what a server says first', () => {
  it('is read without an error, whatever it is, and shown in one short line', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.constantFrom('', 'SSH-2.0-x\r\n', 'hi\nSSH-2.0-x\n'),
        (bytes, lead) => {
          const { words, identification = '' } = readGreeting(Buffer.concat([Buffer.from(lead), bytes]));
          expect(`${words}${identification}`).to.match(/^[\x20-\x7e]*$/);
          expect(words.length).to.be.below(250);
        },
      ),
    );
  });
});

describe('a command on its way through a login shell', () => {
  const run = (command: string) =>
    execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const quoted = (text: string) => `printf %s '${text.replaceAll("'", `'\\''`)}'`;
  const speech = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replaceAll('\0', ''));

  it('comes through unchanged, encoded and marked, and so does what it says', () => {
    fc.assert(
      fc.property(speech, fc.boolean(), fc.boolean(), (text, isPosix, isNoisy) => {
        const shell = { isPosix, isNoisy, mark: newMark() };
        const said = `${isNoisy ? 'Welcome!\n' : ''}${run(wrapCommand(shell, quoted(text)))}`;
        expect(unwrapResult(shell, { code: 0, stdout: said, stderr: '' }).stdout).to.equal(text);
      }),
      { numRuns: 60 },
    );
  });

  it('is encoded with nothing that csh or fish would take for theirs', () => {
    fc.assert(
      fc.property(speech, (text) => {
        const wrapped = wrapCommand({ isPosix: false, isNoisy: true, mark: newMark() }, text);
        const inner = wrapped.slice("exec /bin/sh -c '".length, -1);
        expect(wrapped).to.match(/^exec \/bin\/sh -c '[^']*'$/);
        expect(inner).to.match(/^eval "\$\(printf %b "[\w ./,:=+@\\-]*"\)"$/);
      }),
    );
  });

  it('is not sent to a login that only seems to answer', () => {
    const mark = newMark();
    for (const stdout of ['', '42\n', `${mark}`, `${mark} $((6*7))\n`, 'x'.repeat(1000)]) {
      expect(readProbe({ code: 0, stdout, stderr: '' }, mark, true)).to.equal(undefined);
    }
  });
});
