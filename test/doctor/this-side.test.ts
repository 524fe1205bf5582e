import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { THIS_SIDE_CHECKS, thisSideRows } from '../../harness/doctor/this-side/checks.ts';
import { readThisSide, type ThisSide, type ThisSideWish } from '../../harness/doctor/this-side/read.ts';
import type { SshTarget } from '../../harness/model/host.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sevlane-this-side-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const target = (changes: Partial<SshTarget> = {}): SshTarget => ({
  ...{ host: '127.0.0.1', port: 22, user: 'root', auth: [], hostKeys: { knownHostsFiles: [] } },
  ...changes,
});

async function look(changes: Partial<ThisSideWish> = {}): Promise<ThisSide> {
  const wish: ThisSideWish = {
    nodeVersion: process.version,
    environment: { PATH: process.env.PATH ?? '' },
    artifacts: join(folder, 'not', 'there', 'yet'),
    runDir: folder,
    target: target(),
    ...changes,
  };
  return await readThisSide(wish, new AbortController().signal);
}

function row(side: ThisSide, id: string): string {
  const found = thisSideRows(side).find((one) => one.id === id);
  const needsAction = found?.verdict !== 'ok' && found?.verdict !== 'note';
  if (needsAction && found?.action === undefined) throw new Error(`${id} says not what to do`);
  return `${found?.verdict}: ${found?.read}`;
}

describe('checks of this side', () => {
  it('are all well where these tests run, and say what a shell says', async () => {
    const side = await look();
    const verdicts = thisSideRows(side).map(({ id, verdict }) => `${verdict} ${id}`);
    expect(verdicts).to.deep.equal(
      THIS_SIDE_CHECKS.map(({ id }) => `${id === 'this-key-files' ? 'note' : 'ok'} ${id}`),
    );
    expect(row(side, 'this-node-version')).to.equal(`ok: ${execFileSync(process.execPath, ['--version'])}`.trim());
    const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
    expect(row(side, 'this-open-files')).to.equal(`ok: ${limit}`);
  });

  it('see key files that others can read, for each host on the way', async () => {
    const key = (name: string, mode: number) => {
      const path = join(folder, name);
      writeFileSync(path, 'key');
      chmodSync(path, mode);
      return { kind: 'key', path, privateKey: Buffer.from('key') } as const;
    };
    const [own, open] = [key('own', 0o600), key('open', 0o644)];
    expect(row(await look({ target: target({ auth: [own] }) }), 'this-key-files')).to.equal(`ok: ${own.path} 0600`);
    const jumps = [target({ auth: [open] })];
    expect(row(await look({ target: target({ auth: [own], jumps }) }), 'this-key-files')).to.equal(
      `warning: ${open.path} 0644, ${own.path} 0600`,
    );
    const gone = { ...own, path: join(folder, 'gone') };
    expect(row(await look({ target: target({ auth: [gone] }) }), 'this-key-files')).to.match(/^unread: .*gone ENOENT/);
  });

  it('resolve the first host on the way, and only that one', async () => {
    expect(row(await look(), 'this-dns')).to.equal('ok: 127.0.0.1 is an address');
    const unknown = target({ host: 'sev.invalid' });
    expect(row(await look({ target: unknown }), 'this-dns')).to.match(/^fatal: sev\.invalid: E[A-Z_]+$/);
    expect(row(await look({ target: target({ ...unknown, jumps: [target()] }) }), 'this-dns')).to.match(/^ok: 127/);
    expect(row(await look({ target: undefined }), 'this-dns')).to.match(/^note/);
  });

  it('look for ssh where the second transport wants it', async () => {
    const wish = (program: string) => target({ openssh: { program, destination: 'amd1', args: [] } });
    expect(row(await look(), 'this-ssh-program')).to.equal('ok: the built-in transport needs none');
    const fake = join(folder, 'ssh');
    writeFileSync(fake, '#!/bin/sh\n');
    const environment = { PATH: `/nowhere:${folder}` };
    expect(row(await look({ environment, target: wish('ssh') }), 'this-ssh-program')).to.equal(
      'fatal: ssh: no folder of PATH has it',
    );
    chmodSync(fake, 0o755);
    expect(row(await look({ environment, target: wish('ssh') }), 'this-ssh-program')).to.equal(`ok: ${fake}`);
  });

  it('find a clock that cannot be right, an old Node, a full disk and too few files', async () => {
    const side = await look();
    expect(row({ ...side, now: new Date(0) }, 'this-clock')).to.match(/^fatal: 1970-01-01.*before our own files/);
    expect(row({ ...side, now: new Date('2199-01-01') }, 'this-clock')).to.match(/^fatal/);
    expect(row({ ...side, builtAt: { problem: 'ENOENT' } }, 'this-clock')).to.match(/^unread/);
    for (const [version, verdict] of [
      ['v18.20.0', 'fatal: v18.20.0'],
      ['v20.18.3', 'fatal: v20.18.3'],
      ['v20.19.0', 'ok: v20.19.0'],
      ['v24.1.0', 'ok: v24.1.0'],
      [undefined, 'unread: it was not told'],
    ] as const)
      expect(row({ ...side, nodeVersion: version }, 'this-node-version').replace(/ \(.*/, '')).to.equal(verdict);
    const disk = (mib: number) => ({ ...side, folders: [{ path: '/a', freeBytes: { value: mib * 2 ** 20 } }] });
    expect([1, 100, 500].map((mib) => row(disk(mib), 'this-disk'))).to.deep.equal([
      'fatal: /a 1 MiB',
      'warning: /a 100 MiB',
      'ok: /a 500 MiB',
    ]);
    const files = (value: number) => row({ ...side, openFiles: { value } }, 'this-open-files');
    expect([64, 512, 1024].map(files)).to.deep.equal(['fatal: 64', 'warning: 512', 'ok: 1024']);
  });

  it('say ok for nothing that could not be read', async () => {
    const none = { problem: 'EIO' } as const;
    const dark: ThisSide = {
      now: new Date(),
      builtAt: none,
      nodeVersion: undefined,
      address: { name: 'amd1', found: none },
      keyFiles: [{ path: '/k', mode: none }],
      folders: [{ path: '/a', freeBytes: none }],
      sshProgram: { name: 'ssh', path: none },
      openFiles: none,
    };
    expect(thisSideRows(dark).filter(({ verdict }) => verdict === 'ok')).to.deep.equal([]);
  });
});
