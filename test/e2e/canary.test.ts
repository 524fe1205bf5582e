import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { needProgram } from '../programs.ts';
import { canariesIn, canary } from './canary.ts';

const SECRET = 'opens the gate "q\\ & <w> 7Gk2pXz and more of it';
const SEARCHED = [canary('needle', SECRET), canary('other', 'not there at all, this one')];
const found = (content: Buffer | string) => canariesIn(content, SEARCHED).map((name) => name.split(' ')[0]);
const wrapped = (text: string, columns: number, between: string) =>
  (text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).join(between);

describe('a search for secrets', () => {
  it('finds one that is wrapped, folded or spread over log lines, plain and in base64', () => {
    const base64 = Buffer.from(`user:${SECRET}`).toString('base64');
    for (const between of [
      '\n',
      '\r\n',
      '\n   ',
      '\\n',
      '\\\\n',
      '\n18:54:04Z ',
      '\n[    9.1] ',
      '\n2026-11-24T10:00:02.1Z stderr F ',
    ]) {
      expect(found(`begin\n${wrapped(SECRET, 17, between)}\nend`), between).to.deep.equal(['needle']);
      for (const columns of [20, 64, 76])
        expect(found(`begin\n${wrapped(base64, columns, between)}\nend`), `${columns} ${between}`).to.deep.equal([
          'needle',
        ]);
    }
  });

  it('finds one inside of archives, packed twice, in base64, and in one that was cut off', () => {
    const log = `a log line\n${SECRET}\n${'more lines of it\n'.repeat(200)}`;
    const packed = gzipSync(`junk ${gzipSync(log).toString('base64')} junk`);
    for (const content of [
      gzipSync(log),
      packed,
      deflateSync(log),
      gzipSync(log).subarray(0, 90),
      zipOf('a.log', log),
      Buffer.from(`data: ${wrapped(zipOf('a.log', log).toString('base64'), 76, '\n  ')}`),
      Buffer.from(`/var/log/x/${gzipSync(log).toString('base64')}`),
    ])
      expect(found(content)).to.deep.equal(['needle']);
  });

  it('finds one in a tar, packed or not', function () {
    needProgram(this, 'tar');
    const folder = mkdtempSync(join(tmpdir(), 'sevlane-tar-'));
    try {
      writeFileSync(join(folder, 'a.log'), `${'x'.repeat(700)} ${SECRET}\n`);
      execFileSync('tar', ['-cf', 'a.tar', 'a.log'], { cwd: folder });
      const tar = readFileSync(join(folder, 'a.tar'));
      for (const content of [tar, gzipSync(tar), Buffer.from(gzipSync(tar).toString('base64'))])
        expect(found(content)).to.deep.equal(['needle']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('finds nothing where there is nothing', () => {
    expect(found('opens the gate, and more of it')).to.deep.equal([]);
    expect(found(gzipSync('opens the gate, and more of it'))).to.deep.equal([]);
  });
});

/** A zip with one member whose size stands behind it, as streams write it. */
function zipOf(name: string, text: string): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 6);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), deflateRawSync(text), Buffer.from('PK\x07\x08')]);
}
