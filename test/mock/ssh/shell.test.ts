// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scripts are full of them
import { expect } from 'chai';
import { clockAt } from '../../../providers/mock/clock.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';
import { direct } from '../../../providers/mock/scenario/direct.ts';
import type { Fault } from '../../../providers/mock/scenario/grammar.ts';
import { Killed } from '../../../providers/mock/ssh/host-shell.ts';
import { openHostShell } from '../../../providers/mock/ssh/shell.ts';

/** Script, what it prints, and its exit code when it is not 0. Each was compared with bash 5.2. */
const LIKE_BASH: readonly (readonly [script: string, stdout: string, code?: number])[] = [
  ['echo a  b "c  d" \'e$x\' \\$y', 'a b c  d e$x $y\n'],
  ['x=1; y="$x 2"; echo $y "$y" \'$y\' ${y}z', '1 2 1 2 $y 1 2z\n'],
  ['x=\'a b\'; for w in $x; do echo $w; done; for w in "$x"; do echo $w; done', 'a\nb\na b\n'],
  ['echo "$(echo a; echo b)" $(echo c; echo d) `echo e`', 'a\nb c d e\n'],
  ['false || echo no && echo yes; true && false; echo $?', 'no\nyes\n1\n'],
  ['if [ 1 -eq 2 ]; then echo a; elif true; then echo b; else echo c; fi', 'b\n'],
  ['f() { echo "$1 of $#"; return 3; }; f x y; echo $?', 'x of 2\n3\n'],
  ['(x=2; echo $x); echo "[$x]"; { echo a; echo b; } | wc -l', '2\n[]\n2\n'],
  ['while read -r a b; do echo "$b-$a"; done <<EOF\n1 2\n3 4 5\nEOF\necho end', '2-1\n4 5-3\nend\n'],
  ["x=5; cat <<EOF; cat <<'EOF'\nv=$x\nEOF\nv=$x\nEOF", 'v=5\nv=$x\n'],
  ['x=3; while [ $x -gt 0 ]; do echo $x; x=$((x-1)); done', '3\n2\n1\n'],
  ['for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done', '1\n3\n'],
  [
    'f=/a/b/c.txt; echo ${f##*/} ${f#*/} ${f%.txt} ${f%%/*}- ${#f} ${nope:-x} "${nope-}"',
    'c.txt a/b/c.txt /a/b/c - 10 x \n',
  ],
  ["echo {1..3} x{a,b}y '{c,d}'", '1 2 3 xay xby {c,d}\n'],
  ['echo $((1+2*3)) $(( (1+2)*3 )) $((7%3))', '7 9 1\n'],
  ["printf '%s=%d\\n' a 1 b 2; printf '%5s|%-3s|%03d\\n' ab c 4", 'a=1\nb=2\n   ab|c  |004\n'],
  ["printf 'b\\na\\nb\\n' | sort | uniq -c", '      1 a\n      2 b\n'],
  ["printf 'x: 1\\nyy: 2\\n' | grep -oE '[0-9]+' | tail -n 1", '2\n'],
  ["printf 'SEV on\\nSEV-ES off\\n' | grep -c SEV; printf 'sev_es\\n' | grep -w sev || echo none", '2\nnone\n'],
  ["printf '1\\n2\\n3\\n' | sed -n 2p; echo 'x=1' | sed 's/x=\\([0-9]\\)/z=\\1/'", '2\nz=1\n'],
  ["echo 'a;b;c' | cut -d';' -f2-; echo abc | tr a-c A-C", 'b;c\nABC\n'],
  ['echo err >&2; echo out; { echo e >&2; echo o; } 2>/dev/null', 'out\no\n'],
  ['cat /nowhere 2>&1 | wc -l; cat /nowhere 2>/dev/null || echo absent', '1\nabsent\n'],
  ['set -e; false || true; if false; then :; fi; echo on; false; echo off', 'on\n', 1],
  ['set -o pipefail; false | true; echo $?; set -u; echo $nope; echo off', '1\n', 127],
  ['bash -c \'echo "$0 $1"; exit 4\' zero one; echo $?', 'zero one\n4\n'],
  [
    '[ -n "" ]; echo $?; test; echo $?; [ 1 -lt x ] 2>/dev/null; echo $?; [[ abc == a* ]] && echo glob',
    '1\n1\n2\nglob\n',
  ],
  ["printf '1 2\\n' | xargs -n1 echo n; env echo hi; timeout 5 echo in", 'n 1\nn 2\nhi\nin\n'],
  ['x=$(exit 3); echo $?; ! true; echo $?', '3\n1\n'],
  ['# nothing\necho a \\\n b # more', 'a b\n'],
];

describe('the shell of a simulated host', () => {
  for (const [script, stdout, code = 0] of LIKE_BASH) {
    it(`does what bash does: ${script.replaceAll('\n', '⏎')}`, async () => {
      const result = await run(script);
      expect(result).to.deep.include({ stdout, exit: { code } });
    });
  }

  it('complains in the words of bash', async () => {
    expect(await run('xyz --help')).to.deep.equal({
      stdout: '',
      stderr: 'bash: line 1: xyz: command not found\n',
      exit: { code: 127 },
    });
    expect(await run('sudo xyz; echo $?; sudo sh -c xyz')).to.deep.equal({
      stdout: '1\n',
      stderr: 'sudo: xyz: command not found\nsh: line 1: xyz: command not found\n',
      exit: { code: 127 },
    });
    expect((await run('/opt/xyz')).stderr).to.equal('bash: line 1: /opt/xyz: No such file or directory\n');
    expect((await run('echo a; )')).stderr).to.match(/^bash: -c: line 1: syntax error near unexpected token `\)'\n/);
    expect((await run("echo 'a")).exit).to.deep.equal({ code: 2 });
    expect((await run('if true; then')).stderr).to.include('unexpected end of file');
    expect((await run('echo x > /etc/x')).stderr).to.equal('bash: line 1: /etc/x: Read-only file system\n');
  });

  it('says so when a script uses what it does not have', async () => {
    for (const script of ['case x in x) ;; esac', 'sleep 1 & wait', 'echo ${x/a/b}']) {
      const { stderr, exit } = await run(script);
      expect(stderr).to.include('part of the simulated shell');
      expect(exit).to.deep.equal({ code: 2 });
    }
  });

  it('reads many files of the host in one go, and says which are not there', async () => {
    const script =
      'for f in /sys/module/kvm_amd/parameters/{sev,sev_es,nope} /sys/fs/cgroup/misc.capacity; do' +
      ' echo "== $f"; cat "$f" 2>/dev/null || echo absent; done';
    expect((await run(script)).stdout).to.equal(
      [
        '== /sys/module/kvm_amd/parameters/sev',
        'Y',
        '== /sys/module/kvm_amd/parameters/sev_es',
        'Y',
        '== /sys/module/kvm_amd/parameters/nope',
        'absent',
        '== /sys/fs/cgroup/misc.capacity',
        'sev 410',
        'sev_es 99',
        '',
      ].join('\n'),
    );
  });

  it('knows files, devices and folders apart, and patterns over them', async () => {
    const script = [
      '[ -c /dev/sev ] && [ ! -f /dev/sev ] && [ -d /sys/module/kvm_amd ] && [ -r /proc/cpuinfo ] && echo yes',
      "stat -c '%F %a %n' /dev/sev /proc/cpuinfo /sys/module",
      'ls /dev/s* /nowhere',
      'ls -d /sys/module/kvm_a*',
      'ls /sys/module/kvm_amd/parameters | head -1',
    ];
    const { stdout, stderr } = await run(script.join('\n'));
    expect(stdout.split('\n').slice(0, 6)).to.deep.equal([
      'yes',
      'character special file 600 /dev/sev',
      'regular file 444 /proc/cpuinfo',
      'directory 755 /sys/module',
      '/dev/sev',
      '/sys/module/kvm_amd',
    ]);
    expect(stderr).to.equal("ls: cannot access '/nowhere': No such file or directory\n");
  });

  it('answers as the profile has it', async () => {
    const milan = await run(
      'uname -r; nproc; getconf PAGESIZE; sysctl -n kernel.ostype; hostname; id -u; sudo -n true && echo ok',
    );
    expect(milan.stdout.split('\n')).to.deep.equal([
      '6.11.0-rc3-snp-host-85ef1ac03',
      '96',
      '4096',
      'Linux',
      'sev-milan-1',
      '0',
      'ok',
      '',
    ]);
    expect((await run('dmesg | grep -c "SEV-SNP enabled"')).stdout).to.equal('1\n');
    expect((await run('virsh domcapabilities | grep -c sev-snp')).stdout).to.equal('1\n');
    expect((await run('command -v virsh nosuch; df -h / | tail -1 | wc -w')).stdout).to.equal('/usr/bin/virsh\n6\n');
  });

  it('gives a plain user less than root', async () => {
    const { stdout, stderr } = await run(
      'cat /etc/kubernetes/admin.conf; sudo -n cat /etc/kubernetes/admin.conf; dmesg',
      {
        user: 'core',
      },
    );
    expect(stdout).to.equal('kind: Config\n');
    expect(stderr).to.equal(
      'cat: /etc/kubernetes/admin.conf: Permission denied\n' +
        'dmesg: read kernel buffer failed: Operation not permitted\n',
    );
  });

  it('shows the host as the scenario changes it', async () => {
    const faults: readonly Fault[] = [
      { host: { sevSnp: false } },
      { files: { '/dev/sev': null, '/etc/motd': 'maintenance\n', '/etc/os-release': 'ID=fedora\n' } },
    ];
    const script =
      'cat /sys/module/kvm_amd/parameters/sev_snp /etc/os-release /etc/motd; [ -e /dev/sev ] || echo gone; ls /dev/sev';
    expect(await run(script, { faults })).to.deep.equal({
      stdout: 'N\nID=fedora\nmaintenance\ngone\n',
      stderr: "ls: cannot access '/dev/sev': No such file or directory\n",
      exit: { code: 2 },
    });
  });

  it('dies of a signal while it sleeps or loops', async () => {
    for (const script of ['sleep 1000000000', 'while true; do :; done', 'timeout 1000000000 sleep 1000000000']) {
      const stop = new AbortController();
      const running = run(`echo on; ${script}; echo off`, { signal: stop.signal });
      setImmediate(() => stop.abort(new Killed('TERM')));
      expect(await running, script).to.deep.include({ stdout: 'on\n', exit: { signal: 'TERM' } });
    }
  });

  it('lets timeout end a command', async () => {
    expect((await run('timeout 1 sleep 1000000; echo $?')).stdout).to.equal('124\n');
  });
});

interface Wish {
  readonly user?: string;
  readonly faults?: readonly Fault[];
  readonly signal?: AbortSignal;
}

async function run(script: string, { user = 'root', faults = [], signal = new AbortController().signal }: Wish = {}) {
  const clock = clockAt(1000);
  const director = direct({ name: 'test', description: 'x', faults }, { seed: 1, clock, signal });
  const ownFiles = { '/etc/kubernetes/admin.conf': 'kind: Config\n' };
  const shell = openHostShell({ user, profile: HOST_PROFILES.milan, director, clock, ownFiles });
  let stdout = '';
  let stderr = '';
  const exit = await shell.run(script, {
    stdin: async () => '',
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    signal,
  });
  return { stdout, stderr, exit };
}
