import { expect } from 'chai';
import { clockAt } from '../../../providers/mock/clock.ts';
import { bootGuest, type Guest, type GuestSetup } from '../../../providers/mock/console/guest.ts';
import { writableTree } from '../../../providers/mock/shell/tree.ts';

const LOG = [
  '[    0.000000] Linux version 6.5.6-300.fc39.x86_64',
  '[    0.241330] Memory Encryption Features active: AMD SEV SEV-ES',
  '[    1.873001] virtio_blk virtio1: [vda] 10485760 512-byte logical blocks',
  '',
].join('\n');

/** A client at the serial port that collects what it reads and waits for text. */
class Client {
  readonly #guest: Guest;
  seen = '';
  #look: () => void = () => {};

  constructor(guest: Guest) {
    this.#guest = guest;
    guest.serial.listen((bytes) => {
      this.seen += bytes.toString('latin1');
      this.#look();
    });
  }

  type(text: string): void {
    this.#guest.serial.type(Buffer.from(text));
  }

  /** Everything up to the text, which is then taken away. */
  async until(text: string): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#look = () => {
        if (this.seen.includes(text)) resolve();
      };
      this.#look();
    });
    const end = this.seen.indexOf(text) + text.length;
    const before = this.seen.slice(0, end);
    this.seen = this.seen.slice(end);
    return before;
  }

  /** Types a command and returns what is written between its echo and the next prompt. */
  async run(command: string, prompt: string): Promise<string> {
    this.type(`${command}\n`);
    await this.until('\x1b[?2004l\r');
    const out = await this.until(`\x1b[?2004h${prompt}`);
    return out.slice(0, -`\x1b[?2004h${prompt}`.length);
  }
}

describe('the guest at its serial console', () => {
  const stop = new AbortController();
  const USER = '[fedora@sev-1 ~]$ ';
  const ROOT = '[root@sev-1 fedora]# ';

  const start = (setup: Partial<GuestSetup> = {}) =>
    bootGuest({
      system: {
        hostname: 'sev-1',
        kernel: { release: '6.5.6-300.fc39.x86_64', version: '#1 SMP PREEMPT_DYNAMIC' },
        kernelLog: () => LOG,
        tree: writableTree({ '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz console=ttyS0\n' }, ['/home/fedora']),
      },
      issue: 'Fedora Linux 39 (Cloud Edition)',
      user: 'fedora',
      password: 'fedora',
      bootMs: 15_000,
      paused: false,
      clock: clockAt(2000),
      signal: stop.signal,
      poweredOff: () => {},
      ...setup,
    });
  const loggedIn = async () => {
    const client = new Client(start());
    await client.until('sev-1 login: ');
    client.type('fedora\n');
    await client.until('Password: ');
    client.type('fedora\n');
    await client.until(USER);
    return client;
  };
  const asRoot = async () => {
    const client = await loggedIn();
    await client.run('sudo su', ROOT);
    return client;
  };

  after(() => stop.abort());

  it('shows firmware, kernel log, services and login prompt, with CR before each line feed', async () => {
    const text = await new Client(start()).until('sev-1 login: ');
    expect(text).to.match(/BdsDxe.*active: AMD SEV SEV-ES\r\n.*serial-getty@ttyS0.*Fedora Linux 39.*login: $/s);
    expect(text.replaceAll('\r\n', '')).not.to.include('\n');
  });

  it('keeps nothing for a client that comes late, but shows the prompt again upon Enter', async () => {
    const guest = start();
    await new Client(guest).until('login: ');
    const late = new Client(guest);
    expect(late.seen).to.equal('');
    late.type('\n');
    expect(await late.until('sev-1 login: ')).to.include('Kernel 6.5.6-300.fc39.x86_64 on x86_64 (ttyS0)');
  });

  it('refuses a wrong password and asks again', async () => {
    const client = new Client(start());
    await client.until('login: ');
    client.type('fedora\n');
    await client.until('Password: ');
    client.type('wrong\n');
    const refusal = await client.until('sev-1 login: ');
    expect(refusal).to.include('\r\nLogin incorrect\r\n');
    expect(refusal).not.to.include('wrong');
  });

  it('echoes what is typed and wraps prompts in bracketed paste', async () => {
    const client = await loggedIn();
    client.type('hostnamex\x7f\n');
    expect(await client.until('\x1b[?2004l\r')).to.equal('hostnamex\b\x1b[K\r\n\x1b[?2004l\r');
    expect(await client.until(USER)).to.equal(`sev-1\r\n\x1b[?2004h${USER}`);
  });

  it("plays the dialogue that KubeVirt's own tests have with it", async () => {
    const client = await asRoot();
    expect(await client.run('stty cols 500 rows 500', ROOT)).to.equal('');
    expect(await client.run('echo $?', ROOT)).to.equal('0\r\n');
    expect(await client.run('dmesg -n 1', ROOT)).to.equal('');
    expect(await client.run('dmesg | grep --color=never SEV', ROOT)).to.equal(
      '[    0.241330] Memory Encryption Features active: AMD SEV SEV-ES\r\n',
    );
    expect(await client.run("dmesg | grep -E -i --color=never '(amd|intel) sev' | tail -1", ROOT)).to.match(
      /SEV-ES\r\n$/,
    );
  });

  it('colours dmesg and grep on a terminal, not in a pipe', async () => {
    const client = await asRoot();
    expect(await client.run('dmesg | grep virtio_blk', ROOT)).to.include('\x1b[01;31m\x1b[Kvirtio_blk\x1b[m\x1b[K');
    expect(await client.run('dmesg', ROOT)).to.include('\x1b[32m[    0.241330] \x1b[0m\x1b[33mMemory Encryption');
    expect(await client.run('dmesg | cat', ROOT)).not.to.include('\x1b[');
  });

  it('knows exit statuses, missing programs and missing files', async () => {
    const client = await loggedIn();
    expect(await client.run('xyz', USER)).to.equal('bash: xyz: command not found\r\n');
    expect(await client.run('echo $?', USER)).to.equal('127\r\n');
    expect(await client.run('cat /nope || echo "gone $?"', USER)).to.equal(
      'cat: /nope: No such file or directory\r\ngone 1\r\n',
    );
    expect(await client.run('dmesg | grep -q TDX; echo $?', USER)).to.equal('1\r\n');
    expect(await client.run('cat /proc/cmdline 2>/dev/null', USER)).to.include('console=ttyS0');
    expect(await client.run('uname -r && whoami', USER)).to.equal('6.5.6-300.fc39.x86_64\r\nfedora\r\n');
    expect(await client.run("echo 'a", USER)).to.include('unexpected EOF');
  });

  it('ends a line at Ctrl-C, a shell at Ctrl-D, and then greets again', async () => {
    const client = await asRoot();
    client.type('half a line\x03');
    expect(await client.until(ROOT)).to.include('^C\r\n');
    expect(await client.run('echo $?', ROOT)).to.equal('130\r\n');
    client.type('\x04');
    await client.until(USER);
    client.type('\x04');
    expect(await client.until('sev-1 login: ')).to.include('logout\r\n');
  });

  it('keeps folder, variables and files from line to line, and runs scripts as a shell does', async () => {
    const client = await loggedIn();
    expect(await client.run('x=1; for y in a b; do echo $x$y; done > /tmp/list', USER)).to.equal('');
    expect(await client.run('cat /tmp/list; echo $x', USER)).to.equal('1a\r\n1b\r\n1\r\n');
    await client.run('cd /etc && pwd', '[fedora@sev-1 etc]$ ');
    expect(await client.run('cd; echo hi > file; cat ~/file', USER)).to.equal('hi\r\n');
  });

  it('leaves a shell within a shell with its status, and the line goes on', async () => {
    const client = await loggedIn();
    await client.run('sudo bash; echo "left with $?"', ROOT);
    client.type('exit 3\n');
    expect(await client.until('left with 3\r\n')).to.include('exit\r\n');
    expect(await client.run('sudo whoami; sudo xyz; echo $?', USER)).to.equal(
      'root\r\nsudo: xyz: command not found\r\n1\r\n',
    );
  });

  it('stops at Ctrl-C whatever runs', async () => {
    const client = await loggedIn();
    for (const endless of ['sleep infinity; echo no', 'while true; do echo again; done']) {
      client.type(`${endless}\n`);
      await client.until('\x1b[?2004l\r');
      client.type('\x03');
      const shown = await client.until(USER);
      expect(shown)
        .to.match(/\^C\r?\n/)
        .and.not.to.include('no\r\n');
      expect(await client.run('echo $?', USER)).to.equal('130\r\n');
    }
  });

  it('asks for a password nobody has, without showing it', async () => {
    const client = await loggedIn();
    client.type('su\n');
    await client.until('Password: ');
    client.type('guess\n');
    expect(await client.until(USER)).to.match(/^\r\nsu: Authentication failure\r\n/);
  });

  it('goes down by itself when the power button is pressed', async () => {
    let off = false;
    const guest = start({
      poweredOff: () => {
        off = true;
      },
    });
    const client = new Client(guest);
    await client.until('login: ');
    guest.powerButton();
    await client.until('reboot: Power down');
    await guest.ended;
    expect(off).to.equal(true);
  });

  it('does nothing while its vCPUs are stopped', async () => {
    const guest = start({ paused: true, clock: clockAt(100_000) });
    const client = new Client(guest);
    await new Client(start({ clock: clockAt(100_000) })).until('login: ');
    expect(client.seen).to.equal('');
    guest.resume();
    await client.until('login: ');
  });

  for (const misbehaviour of ['panic', 'no-login', 'garbage'] as const)
    it(`never offers a login when it is ${misbehaviour}`, async () => {
      const client = new Client(start({ misbehaviour, clock: clockAt(50_000) }));
      const sign = { panic: '---[ end Kernel panic', 'no-login': 'Multi-User System.', garbage: '\xae' }[misbehaviour];
      await client.until(sign);
      client.type('\n');
      expect(client.seen).not.to.include('login:');
    });
});
