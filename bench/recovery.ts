import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { KubeClient } from '../harness/kube/client.ts';
import { openKubeClient } from '../harness/kube/open-client.ts';
import { openScope } from '../harness/scope/scope.ts';
import { connectSsh } from '../harness/ssh/client.ts';
import { startRelay } from '../test/ssh/relay.ts';
import type { Blow, FarSide } from './far-side.ts';
import type { RecoveryName } from './rows.ts';
import { ended, firstAnswer, freePort, reach, startSsh, targetOf } from './ways.ts';

const SMALL = '/api/v1/nodes/n';
const WITHIN_MS = 30_000;
/** A connection that has been quiet for a while, at no special moment of its heartbeat. */
const REST_MS = 2000;

/** One way that heals by itself. */
interface Healing {
  /** Resolves when an answer has come, however often it has to ask. */
  answer(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds from the cut until the next request is answered, of each way; all meet the same cut. */
export async function recoveries<Name extends 'lane' | 'ssh -L'>(
  names: readonly Name[],
  kind: RecoveryName,
  { far, strike }: { readonly far: FarSide; strike(blow: Blow): Promise<void> },
): Promise<readonly (readonly [Name, number])[]> {
  // A relay swallows what comes on connections that it knows, as a firewall does that forgot them.
  const relay = await startRelay(far.sshd);
  const knownHosts = `${far.sshd.knownHosts}_${relay.port}`;
  const key = readFileSync(far.sshd.knownHosts, 'utf8').split(' ').slice(1).join(' ');
  writeFileSync(knownHosts, `[127.0.0.1]:${relay.port} ${key}`);
  const through = { ...far, sshd: { ...far.sshd, host: '127.0.0.1', port: relay.port, knownHosts } };
  const ways: (readonly [Name, Healing])[] = [];
  try {
    for (const name of names) ways.push([name, name === 'lane' ? await lane(through) : await supervised(through)]);
    for (const [, way] of ways) await way.answer();
    await new Promise((resolve) => setTimeout(resolve, REST_MS * (1 + Math.random() / 2)));
    const cutAt = performance.now();
    if (kind === 'black hole') relay.blackHole();
    else await strike(kind);
    return await Promise.all(
      ways.map(async ([name, way]) => {
        await way.answer();
        return [name, performance.now() - cutAt] as const;
      }),
    );
  } finally {
    for (const [, way] of ways) await way.close();
    // What was frozen is ended too.
    await strike('kill');
    await relay.close();
  }
}

/** As a run has it: the supervised connection and the client over it. */
async function lane(far: FarSide): Promise<Healing> {
  const scope = openScope(() => {});
  const connection = await connectSsh(scope, targetOf(far));
  const client: KubeClient = openKubeClient(scope, connection, far.access);
  return {
    answer: async () => void (await client.get(SMALL, { timeoutMs: WITHIN_MS })),
    close: async () => void (await scope.close()),
  };
}

const SUPERVISED = ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=3'];

/** `ssh -L`, started again at once whenever it ends. */
async function supervised(far: FarSide): Promise<Healing> {
  const port = await freePort();
  let child: ChildProcess;
  let isOver = false;
  const start = () => {
    child = startSsh(far, port, SUPERVISED);
    child.once('exit', () => {
      if (!isOver) setImmediate(start);
    });
  };
  start();
  const way = reach('ssh -L', far.access, { host: '127.0.0.1', port });
  return {
    async answer() {
      const until = performance.now() + WITHIN_MS;
      for (;;) {
        try {
          return await firstAnswer(way, SMALL);
        } catch (error) {
          if (performance.now() > until) throw error;
        }
      }
    },
    async close() {
      isOver = true;
      await way.close();
      await ended(child);
    },
  };
}
