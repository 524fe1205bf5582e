import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { fingerprint, judgeHostKey, knownHostEntries } from '../../harness/ssh/known-hosts.ts';
import { needProgram } from '../programs.ts';

describe('known_hosts', () => {
  let folder: string;
  /** `type base64` of keys that ssh-keygen made. */
  let ours: string;
  let other: string;
  let rsa: string;

  before(function () {
    needProgram(this, 'ssh-keygen');
    folder = mkdtempSync(join(tmpdir(), 'sevlane-known-'));
    [ours, other, rsa] = (['ed25519', 'ed25519', 'rsa'] as const).map((type, n) => {
      const file = join(folder, `key${n}`);
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file]);
      return readFileSync(`${file}.pub`, 'utf8').trim();
    }) as [string, string, string];
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  const blob = (key: string) => Buffer.from(key.split(' ')[1] ?? '', 'base64');
  const entries = (text: string, host = 'node.example', port = 22) =>
    knownHostEntries([{ path: 'kh', text }], { host, port });
  const judge = (text: string, key = ours, host = 'node.example', port = 22) =>
    judgeHostKey(entries(text, host, port), blob(key)).kind;

  it('names a host plainly, among others, with patterns, and in any case of letters', () => {
    for (const names of ['node.example', 'a,node.example,b', '*.example', 'node.?xample', 'NODE.example', '*']) {
      expect(judge(`${names} ${ours}`), names).to.equal('known');
    }
    for (const names of ['node', 'node.example.org', 'xnode.example', 'node?example.', 'nodeXexample']) {
      expect(judge(`${names} ${ours}`), names).to.equal('unknown');
    }
  });

  it('takes a host out by negation, whatever else matches', () => {
    expect(judge(`*.example,!node.example ${ours}`)).to.equal('unknown');
    expect(judge(`!node.example,* ${ours}`)).to.equal('unknown');
    expect(judge(`!other.example,*.example ${ours}`)).to.equal('known');
  });

  it('keeps ports apart, but lets a bare name vouch for an equal key on another port', () => {
    expect(judge(`[node.example]:2222 ${ours}`, ours, 'node.example', 2222)).to.equal('known');
    expect(judge(`[node.example]:2222 ${ours}`, ours, 'node.example', 22)).to.equal('unknown');
    expect(judge(`[node.example]:2222 ${ours}`, ours, 'node.example', 2223)).to.equal('unknown');
    expect(judge(`node.example ${ours}`, ours, 'node.example', 2222)).to.equal('known');
    expect(judge(`node.example ${ours}`, other, 'node.example', 2222)).to.equal('unknown');
    expect(judge(`[fd00::1]:2222 ${ours}`, ours, 'fd00::1', 2222)).to.equal('known');
  });

  it('passes over comments, blank and broken lines', () => {
    const text = `# node.example ${other}\n\n  \nnode.example\nnode.example ssh-ed25519\nnode.example ssh-ed25519 AAAA\n@unknown * ${other}\n|1|x|y ${other}\n\tnode.example ${ours} a comment\r\n`;
    expect(entries(text).map(({ file, line }) => `${file}:${line}`)).to.deep.equal(['kh:9']);
    expect(judge(text)).to.equal('known');
  });

  it('tells a changed key with all that were expected, in the order of the files', () => {
    const found = knownHostEntries(
      [
        { path: 'first', text: `# x\nnode.example ${other}` },
        { path: 'second', text: `node.example ${rsa}` },
      ],
      { host: 'node.example', port: 22 },
    );
    const verdict = judgeHostKey(found, blob(ours));
    expect(verdict.kind === 'changed' && verdict.expected.map(({ file, line }) => `${file}:${line}`)).to.deep.equal([
      'first:2',
      'second:1',
    ]);
    expect(judgeHostKey(found, blob(rsa)).kind).to.equal('known');
  });

  it('refuses a revoked key wherever the line stands, and only that key', () => {
    expect(judge(`node.example ${ours}\n@revoked * ${ours}`)).to.equal('revoked');
    expect(judge(`@revoked * ${ours}\nnode.example ${ours}`)).to.equal('revoked');
    expect(judge(`@revoked * ${other}\nnode.example ${ours}`)).to.equal('known');
    expect(judge(`@revoked elsewhere ${ours}\nnode.example ${ours}`)).to.equal('known');
  });

  it('does not take an authority for the host, even with the same key', () => {
    expect(judge(`@cert-authority *.example ${ours}`)).to.equal('cert-authority');
    expect(judge(`@cert-authority *.example ${other}\nnode.example ${ours}`)).to.equal('known');
  });

  it('finds the same lines as ssh-keygen -F, hashed or not', () => {
    const file = join(folder, 'known_hosts');
    const text = [
      `node.example,192.0.2.1 ${ours}`,
      `[node.example]:2222 ${other}`,
      `[192.0.2.1]:2222 ${rsa}`,
      `fd00::1 ${ours}`,
      `other.example ${other}`,
      '',
    ].join('\n');
    for (const hashed of [false, true]) {
      writeFileSync(file, text);
      if (hashed) execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
      for (const [host, port] of [
        ['node.example', 22],
        ['node.example', 2222],
        ['192.0.2.1', 22],
        ['192.0.2.1', 2222],
        ['fd00::1', 22],
        ['none.example', 22],
      ] as const) {
        const found = knownHostEntries([{ path: file, text: readFileSync(file, 'utf8') }], { host, port })
          .filter(({ namesPort }) => namesPort)
          .map(({ line }) => line);
        expect(found, `${host} ${port} hashed ${hashed}`).to.deep.equal(keygenLines(file, host, port));
      }
    }
  });

  it('prints fingerprints as ssh-keygen does', () => {
    const line = execFileSync('ssh-keygen', ['-l', '-f', join(folder, 'key0.pub')], { encoding: 'utf8' });
    expect(fingerprint(blob(ours))).to.equal(line.split(' ')[1]);
  });
});

function keygenLines(file: string, host: string, port: number): readonly number[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  try {
    const out = execFileSync('ssh-keygen', ['-F', name, '-f', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return [...out.matchAll(/found: line (\d+)/g)].map(([, line]) => Number(line));
  } catch {
    return [];
  }
}
