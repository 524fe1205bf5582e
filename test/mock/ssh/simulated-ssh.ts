import ssh2 from 'ssh2';
import { clockAt } from '../../../providers/mock/clock.ts';
import { makeRunKeys, type RunKeys } from '../../../providers/mock/keys.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';
import { direct } from '../../../providers/mock/scenario/direct.ts';
import type { Director } from '../../../providers/mock/scenario/director.ts';
import type { Fault } from '../../../providers/mock/scenario/grammar.ts';
import type { AddressBook } from '../../../providers/mock/ssh/address-book.ts';
import { type SshServer, startSshServer } from '../../../providers/mock/ssh/server.ts';
import { openHostShell } from '../../../providers/mock/ssh/shell.ts';

/** An SSH server of a simulated milan and what a test needs to reach it. */
export interface SimulatedSsh {
  readonly server: SshServer;
  readonly keys: RunKeys;
  readonly director: Director;
  readonly events: readonly string[];
  close(): Promise<void>;
}

interface Wish {
  readonly faults?: readonly Fault[];
  readonly addresses?: AddressBook;
  readonly user?: string;
}

/** Starts a server under a scenario of these faults. */
export async function startSimulatedSsh(wish: Wish = {}): Promise<SimulatedSsh> {
  const { faults = [], addresses = () => undefined, user = 'root' } = wish;
  const stop = new AbortController();
  const events: string[] = [];
  const clock = clockAt(1000);
  const scenario = { name: 'test', description: 'a test', faults };
  const heard = (event: string) => void events.push(event);
  const director = direct(scenario, { seed: 1, clock, signal: stop.signal, heard });
  const profile = HOST_PROFILES.milan;
  const keys = await makeRunKeys({ nodeName: profile.hostname, nodeAddress: '192.0.2.10' });
  const shell = openHostShell({ user, profile, director, clock });
  const server = await startSshServer({ keys, user, hostname: profile.hostname, shell, addresses, director });
  return {
    server,
    keys,
    director,
    events,
    async close() {
      stop.abort();
      await server.close();
    },
  };
}

/** Connects as the run's user with its key; the host key must be the genuine one. */
export async function connect(
  { server, keys }: SimulatedSsh,
  options: Partial<ssh2.ConnectConfig> = {},
): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  const genuine = Buffer.from(keys.sshHost.publicKey.split(' ')[1] ?? '', 'base64');
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.on('error', reject);
    client.once('close', () => reject(new Error('closed before it was ready')));
    client.connect({
      host: server.host,
      port: server.port,
      username: 'root',
      privateKey: keys.sshClient.privateKey,
      hostVerifier: (key: Buffer) => key.equals(genuine),
      ...options,
    });
  });
  return client;
}

/** Settles when the connection has ended, with the error that ended it. */
export async function closing(client: ssh2.Client): Promise<Error | undefined> {
  let reason: Error | undefined;
  client.on('error', (error) => {
    reason ??= error;
  });
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  return reason;
}

/** What one exec gave. */
export interface ExecResult {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command over an open connection. `during` may talk to the channel while it runs. */
export async function exec(
  client: ssh2.Client,
  command: string,
  during: (channel: ssh2.ClientChannel) => void = (channel) => void channel.end(),
): Promise<ExecResult> {
  return await new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error);
      let stdout = '';
      let stderr = '';
      let ended: Pick<ExecResult, 'code' | 'signal'> = { code: undefined, signal: undefined };
      channel.on('data', (chunk: Buffer) => {
        stdout += chunk.toString('utf8');
      });
      channel.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString('utf8');
      });
      channel.on('exit', (code: number | null, signal?: string) => {
        ended = { code: code ?? undefined, signal };
      });
      channel.on('close', () => resolve({ ...ended, stdout, stderr }));
      during(channel);
    });
  });
}
