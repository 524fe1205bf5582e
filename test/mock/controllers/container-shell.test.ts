import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { clockAt } from '../../../providers/mock/clock.ts';
import { containerShell } from '../../../providers/mock/controllers/kubelet/container-shell.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';

describe('a command in a container', () => {
  it('ends with the status that its script says', async () => {
    expect(await run(['sh', '-c', 'exit 3'])).to.deep.equal({ out: '', err: '', code: 3 });
    expect(await run(['/bin/bash', '-ec', 'false; echo no'])).to.deep.equal({ out: '', err: '', code: 1 });
  });

  it('needs no shell for programs, but has none of the shell’s own commands without one', async () => {
    expect(await run(['echo', 'a  b'])).to.deep.equal({ out: 'a  b\n', err: '', code: 0 });
    expect(await run(['/usr/bin/printf', '%s', 'x'])).to.deep.equal({ out: 'x', err: '', code: 0 });
    for (const name of ['exit', 'cd', 'nope']) expect((await run([name])).code).to.equal(undefined);
  });

  it('reads its standard input, as a script or as text', async () => {
    expect((await run(['cat'], 'one\ntwo\n')).out).to.equal('one\ntwo\n');
    expect((await run(['sh'], 'for x in 1 2; do echo $x; done')).out).to.equal('1\n2\n');
    expect((await run(['sh', '-c', 'read a; echo "<$a>"'], 'one\n')).out).to.equal('<one>\n');
  });

  it('sees the files, the programs and the user of the container only', async () => {
    expect((await run(['sh', '-c', 'cat /etc/os-release | cut -d= -f2; whoami; hostname; uname -r'])).out).to.equal(
      `centos\nqemu\npod-1\n${HOST_PROFILES.milan.kernel.release}\n`,
    );
    expect(await run(['sh', '-c', 'own a; free; cat /proc/cpuinfo'])).to.deep.equal({
      out: 'own: a\n',
      err: 'sh: line 1: free: command not found\ncat: /proc/cpuinfo: No such file or directory\n',
      code: 1,
    });
  });

  it('writes files where there is a folder for them', async () => {
    expect((await run(['sh', '-c', 'echo a > /tmp/x; echo b >> /tmp/x; cat /tmp/x'])).out).to.equal('a\nb\n');
    expect((await run(['sh', '-c', 'echo a > /no/x'])).err).to.equal('sh: line 1: /no/x: No such file or directory\n');
  });

  it('ends when its client has gone or the container is killed', async () => {
    const stop = new AbortController();
    const sleeping = run(['sleep', 'infinity'], '', stop.signal);
    stop.abort();
    expect((await sleeping).code).to.equal(137);
  });
});

async function run(command: readonly string[], input = '', signal = new AbortController().signal) {
  const shell = containerShell({
    hostname: 'pod-1',
    kernel: HOST_PROFILES.milan.kernel,
    clock: clockAt(1000),
    user: 'qemu',
    texts: () => ({ '/etc/os-release': 'ID=centos\n' }),
    programs: {
      own: ({ args, out }) => {
        out(`own: ${args.join(' ')}\n`);
        return 0;
      },
    },
  });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await shell(command, { stdin: new PassThrough().end(input), stdout, stderr, signal });
  const [out, err] = await Promise.all([stdout.end(), stderr.end()].map((stream) => stream.toArray()));
  return { out: Buffer.concat(out ?? []).toString(), err: Buffer.concat(err ?? []).toString(), code };
}
