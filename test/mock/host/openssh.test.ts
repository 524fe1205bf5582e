import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';
import { makeRunFolder, type RunFolder } from '../../../providers/mock/run-folder.ts';
import { type SimulatedHost, startSimulatedHost } from '../../../providers/mock/simulated-host.ts';
import { makeSshKeyPair } from '../../../providers/mock/ssh/openssh-key.ts';
import { needProgram } from '../../programs.ts';

const MAIN = fileURLToPath(new URL('../../../harness/main.js', import.meta.url));
const HEALTHY = { name: 'healthy', description: 'nothing goes wrong', faults: [] };

describe('OpenSSH and the simulated host', function () {
  this.timeout(60_000);
  let host: SimulatedHost;
  let folder: RunFolder;
  let ssh = '';
  before(async function () {
    ssh = needProgram(this, 'ssh');
    folder = await makeRunFolder();
    host = await startSimulatedHost({ profile: HOST_PROFILES.milan, scenario: HEALTHY, pace: 500, seed: 1 });
  });
  after(async () => {
    await host?.stop();
    await folder?.remove();
  });

  describe('ssh against the simulated server', () => {
    it('verifies its host key and runs a command', async () => {
      const { stdout, stderr, exitCode } = await run('cat /sys/module/kvm_amd/parameters/sev_snp; echo no >&2; exit 5');
      expect({ stdout, stderr, exitCode }).to.deep.equal({ stdout: 'Y', stderr: 'no', exitCode: 5 });
    });

    it('gives it a script on the standard input', async () => {
      const { stdout } = await run('bash -s', { input: 'nproc\nhostname\n' });
      expect(stdout).to.equal('96\nsev-milan-1');
    });

    it('forwards a port to the API server under the name that the node has for it', async () => {
      const port = await freePort();
      const { host: address, port: sshPort, user, keyFile, knownHostsFile } = host.ssh;
      const where = ['-p', String(sshPort), '-L', `127.0.0.1:${port}:192.0.2.10:6443`, `${user}@${address}`];
      const args = [...identity(keyFile, knownHostsFile), '-N', '-o', 'ExitOnForwardFailure=yes', ...where];
      const forwarding = execa(ssh, args, { reject: false, stdin: 'ignore' });
      await listening(port);
      expect(await handshake(port, host.kubeconfigFile)).to.equal('verified');
      forwarding.kill();
      await forwarding;
    });

    async function run(command: string, options: { readonly input?: string } = {}) {
      const { host: address, port, user, keyFile, knownHostsFile } = host.ssh;
      const args = [...identity(keyFile, knownHostsFile), '-p', String(port), `${user}@${address}`, command];
      return await openssh(args, options);
    }
  });

  describe('a real sshd in front of it', () => {
    let sshd: ReturnType<typeof startSshd> | undefined;
    let port = 0;
    let keyFile = '';
    let knownHosts = '';
    before(async function () {
      const program = needProgram(this, 'sshd');
      port = await freePort();
      const hostKey = makeSshKeyPair('host');
      const clientKey = makeSshKeyPair('client');
      keyFile = await folder.write('id', clientKey.privateKey);
      knownHosts = await folder.write('known', `[127.0.0.1]:${port} ${hostKey.publicKey}\n`);
      const config = [
        `ListenAddress 127.0.0.1:${port}`,
        `HostKey ${await folder.write('host_key', hostKey.privateKey)}`,
        `AuthorizedKeysFile ${await folder.write('authorized', `${clientKey.publicKey}\n`)}`,
        'StrictModes no',
        'PidFile none',
        'PermitRootLogin yes',
        // bash reads ~/.bashrc for sshd's commands unless it runs in another shell: it has no part in this.
        'SetEnv SHLVL=2',
        `ForceCommand ${process.execPath} ${MAIN} sim-exec --socket ${host.execSocket}`,
      ];
      const configFile = await folder.write('sshd_config', `${config.join('\n')}\n`);
      sshd = startSshd(program, configFile);
      await listening(port);
    });
    after(async () => {
      sshd?.kill();
      await sshd;
    });

    it('runs commands on the simulated host by ForceCommand, with outputs and exit code', async () => {
      const { stdout, stderr, exitCode } = await run('uname -n; cat /nowhere; exit 6');
      expect(stdout).to.equal('sev-milan-1');
      expect(stderr).to.equal('cat: /nowhere: No such file or directory');
      expect(exitCode).to.equal(6);
    });

    it('hands the input on, and large output whole', async () => {
      const { stdout } = await run('bash -s', { input: 'cat /proc/cpuinfo | wc -l; cat /proc/cpuinfo' });
      const [count, ...lines] = stdout.split('\n');
      expect(lines.join('\n').split('\n').length).to.be.within(Number(count) - 2, Number(count));
      expect(lines.length).to.be.greaterThan(2000);
    });

    it('says what is wrong when the simulator is gone', async () => {
      const gone = `${folder.path}/gone.sock`;
      const { exitCode, stderr } = await execa(process.execPath, [MAIN, 'sim-exec', '--socket', gone], {
        reject: false,
        env: { SSH_ORIGINAL_COMMAND: 'true' },
      });
      expect(exitCode).to.equal(255);
      expect(stderr).to.include(`sevlane sim-exec: ${gone}: connect ENOENT`);
    });

    async function run(command: string, options: { readonly input?: string } = {}) {
      const target = `${userInfo().username}@127.0.0.1`;
      return await openssh([...identity(keyFile, knownHosts), '-p', String(port), target, command], options);
    }
  });

  async function openssh(args: readonly string[], { input }: { readonly input?: string }) {
    const source = input === undefined ? ({ stdin: 'ignore' } as const) : { input };
    const { stdout = '', stderr = '', exitCode } = await execa(ssh, args, { reject: false, ...source });
    return { stdout: String(stdout), stderr: String(stderr), exitCode };
  }
});

function startSshd(program: string, configFile: string) {
  return execa(program, ['-D', '-e', '-f', configFile], { reject: false });
}

function identity(keyFile: string, knownHostsFile: string): readonly string[] {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'IdentitiesOnly=yes'];
  return [
    ...['-F', 'none', '-i', keyFile, '-o', `UserKnownHostsFile=${knownHostsFile}`],
    ...options.flatMap((option) => ['-o', option]),
  ];
}

/** A port that was free a moment ago: sshd cannot be asked which one it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const socket = connectSocket(port, '127.0.0.1');
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (up) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`nobody listens on port ${port}`);
}

/** Connects over TLS and verifies the API server by the CA of the kubeconfig. */
async function handshake(port: number, kubeconfigFile: string): Promise<string> {
  const ca = /certificate-authority-data: (\S+)/.exec(await readFile(kubeconfigFile, 'utf8'))?.[1] ?? '';
  const socket = connectTls({ host: '127.0.0.1', port, ca: Buffer.from(ca, 'base64') });
  await once(socket, 'secureConnect');
  socket.destroy();
  return socket.authorized ? 'verified' : String(socket.authorizationError);
}
