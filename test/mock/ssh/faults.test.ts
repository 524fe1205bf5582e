import { expect } from 'chai';
import type ssh2 from 'ssh2';
import { closing, connect, exec, type SimulatedSsh, startSimulatedSsh } from './simulated-ssh.ts';

describe('faults of the connection', () => {
  let ssh: SimulatedSsh;
  afterEach(async () => await ssh.close());

  it('refuse: nobody listens', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'refuse' }] });
    expect(await refusalOf(ssh)).to.equal('ECONNREFUSED');
  });

  it('refuse for a while: the door opens again on the same port', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'refuse', forMs: 2000 }] });
    expect(await refusalOf(ssh)).to.equal('ECONNREFUSED');
    const client = await persistently(ssh);
    expect((await exec(client, 'echo back')).stdout).to.equal('back\n');
    client.end();
  });

  it('refuse the first client alone: it is turned away and the second comes in', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'refuse', when: { nth: 1 } }] });
    expect(await refusalOf(ssh)).to.equal('ECONNRESET');
    (await connect(ssh)).end();
  });

  it('wrong-key: a client that verifies gets no further', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'wrong-key' }] });
    expect(await connect(ssh).catch((error: Error) => error.message)).to.equal('Host denied (verification failed)');
    expect(ssh.events).not.to.include('ssh authenticated');
    // Everything else is as it was: who does not look at the key notices nothing.
    const careless = await connect(ssh, { hostVerifier: () => true } as Partial<ssh2.ConnectConfig>);
    expect((await exec(careless, 'hostname')).stdout).to.equal('sev-milan-1\n');
    careless.end();
  });

  it('cut at an event: open connections break and new ones are refused for as long as told', async () => {
    const when = { event: 'guest sev booting' };
    ssh = await startSimulatedSsh({ faults: [{ connection: 'cut', forMs: 'forever', when }] });
    const client = await connect(ssh);
    const closed = closing(client);
    ssh.director.happened('guest sev booting');
    expect(await closed).to.have.property('code', 'ECONNRESET');
    expect(await refusalOf(ssh)).to.equal('ECONNREFUSED');
  });

  it('cut without a time: the next connection is welcome', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'cut', when: { event: 'now' } }] });
    const client = await connect(ssh);
    const closed = closing(client);
    ssh.director.happened('now');
    await closed;
    (await connect(ssh)).end();
  });

  it('cut after bytes: in the middle of what is being read', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'cut', afterBytes: 50_000 }] });
    const client = await connect(ssh);
    const { stdout, code } = await exec(client, 'cat /proc/cpuinfo');
    expect(code).to.equal(undefined);
    expect(stdout.length).to.be.within(30_000, 50_000);
  });

  it('freeze at an event: nothing comes through, until it thaws', async () => {
    const fault = { connection: 'freeze', forMs: 200, when: { event: 'now' } } as const;
    ssh = await startSimulatedSsh({ faults: [fault] });
    const client = await connect(ssh);
    const startedAt = performance.now();
    ssh.director.happened('now');
    expect((await exec(client, 'echo late')).stdout).to.equal('late\n');
    expect(performance.now() - startedAt).to.be.greaterThan(190);
    client.end();
  });

  it('freeze for ever: only the client can find out, by its own keepalive', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'freeze', when: { event: 'now' } }] });
    const client = await connect(ssh, { keepaliveInterval: 30, keepaliveCountMax: 2 });
    const closed = closing(client);
    ssh.director.happened('now');
    expect(await closed).to.have.property('message', 'Keepalive timeout');
  });

  it('freeze at once: the connection stands, but no banner comes', async () => {
    ssh = await startSimulatedSsh({ faults: [{ connection: 'freeze' }] });
    const refusal = await connect(ssh, { readyTimeout: 150 }).catch((error: Error) => error.message);
    expect(refusal).to.equal('Timed out while waiting for handshake');
  });
});

async function refusalOf(ssh: SimulatedSsh): Promise<string | undefined> {
  return await connect(ssh).then(
    () => 'let in',
    (error: NodeJS.ErrnoException) => error.code,
  );
}

/** Connects as soon as somebody listens again. */
async function persistently(ssh: SimulatedSsh): Promise<ssh2.Client> {
  for (;;) {
    try {
      return await connect(ssh);
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
