import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { localShell } from '../kube/local-shell.ts';
import { keepOne } from './sick-cluster.ts';

describe('what is asked of a host, in a real shell', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-host-'));
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  const program = async (name: string, script: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  };
  const ask = async (login?: string) => {
    const ssh = localShell({ path: [folder], ...(login === undefined ? {} : { login }) });
    return await keepOne({ bounds: { reach: { ssh, namespace: 'guests' } } });
  };

  it('is answered in one go, whatever the login shell prints before', async () => {
    const now = '$(cut -d" " -f1 /proc/uptime)';
    await program('dmesg', `echo "[ ${now}] ccp 0000:22:00.1: sev enabled"; echo "[ ${now}] usb 1-1: new"`);
    await program('virsh', 'case "$1" in nodesevinfo) echo "max-guests : 3";; *) exit 1;; esac');
    const { files, index } = await ask('echo "Welcome to this host"; exec sh -c "$1"');
    expect(files.get('host/dmesg.txt')).to.match(/^\[ \d+\.\d+\] ccp 0000:22:00\.1: sev enabled\n$/);
    expect(files.get('host/nodesevinfo.txt')).to.equal('max-guests : 3\n');
    expect(files.has('host/domcapabilities.xml')).to.equal(false);
    // The shell's host is this machine.
    expect(index.clock?.aheadMs).to.be.within(-1000, 1000);
    expect(files.get('timeline.md')).to.match(/host kernel {2}ccp 0000:22:00\.1: sev enabled/);
  });

  it('and who may not read the kernel log is told so', async () => {
    await program('dmesg', 'exit 1');
    await program('sudo', 'exit 1');
    const { files, index } = await ask();
    expect(files.has('host/dmesg.txt')).to.equal(false);
    expect(index.notRead.map(({ why }) => why)).to.include('only root may read it there');
  });

  it('and a shell that does something else is told as that', async () => {
    const { index } = await ask('echo "this account is closed"');
    expect(index.notRead.map(({ why }) => why).join()).to.include('this account is closed');
  });
});
