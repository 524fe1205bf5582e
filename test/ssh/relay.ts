import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { HostPort, SshTarget } from '../../harness/model/host.ts';
import type { Sshd } from './sshd.ts';

/** A TCP relay that stands in for the network between here and a server: it can delay, stall, swallow and break. */
export interface Relay {
  readonly port: number;
  /** Connections that were taken so far. */
  readonly taken: number;
  /** Connections that their client has not left. */
  readonly open: number;
  /** Each byte takes this long from end to end, both ways, in order. */
  delay(oneWayMs: number): void;
  /** Holds everything back, until `resume` lets it all go. */
  stall(): void;
  resume(): void;
  /** Swallows what comes on the connections that there are; later ones are not touched. */
  blackHole(): void;
  /** Takes connections and swallows all that they say; `false` ends it for later ones. */
  swallowNew(isOn: boolean): void;
  /** Breaks the connections that there are with a reset, as a firewall does that forgot them. */
  reset(): void;
  /** Ends our side's direction only: the peer's bytes still come, ours reach nobody. */
  halfOpen(): void;
  /** Where later connections lead to. */
  redirect(to: HostPort): void;
  /** Refuses connections from now on, as a host does whose sshd is down; `listen` takes them again, on the same port. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isSwallowed: boolean;
  isHalfOpen: boolean;
  /** Our side has hung up, whether or not the other was told. */
  isLeft: boolean;
}

/** Starts a relay to `first` on a loopback port of its own. */
export async function startRelay(first: HostPort): Promise<Relay> {
  const pairs = new Set<Pair>();
  let to = first;
  let oneWayMs = 0;
  let isStalled = false;
  let swallowsNew = false;
  let taken = 0;
  let held: (() => void)[] = [];

  const pass = (work: () => void) => {
    const now = () => (isStalled ? void held.push(work) : work());
    // Timers of one length fire in the order in which they were set.
    if (oneWayMs === 0) now();
    else setTimeout(now, oneWayMs);
  };
  const join = (pair: Pair, from: Socket, into: Socket) => {
    from.on('data', (bytes) => {
      if (pair.isSwallowed || (pair.isHalfOpen && from === pair.near)) return;
      pass(() => void into.write(bytes));
    });
    from.on('end', () => {
      if (from === pair.near) pair.isLeft = true;
      if (!pair.isSwallowed) pass(() => void into.end());
    });
    from.on('error', () => {});
    from.on('close', () => {
      pairs.delete(pair);
      if (!pair.isSwallowed) pass(() => void into.destroy());
    });
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    taken += 1;
    const far = connect({ ...to, noDelay: true, allowHalfOpen: true });
    const pair: Pair = { near, far, isSwallowed: swallowsNew, isHalfOpen: false, isLeft: false };
    pairs.add(pair);
    join(pair, near, far);
    join(pair, far, near);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const drop = (how: (socket: Socket) => void) => {
    for (const { near, far } of pairs) [near, far].forEach(how);
  };
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    port,
    get taken() {
      return taken;
    },
    get open() {
      return [...pairs].filter((pair) => !pair.isLeft).length;
    },
    delay(ms) {
      oneWayMs = ms;
    },
    stall() {
      isStalled = true;
    },
    resume() {
      isStalled = false;
      const works = held;
      held = [];
      for (const work of works) work();
    },
    blackHole() {
      for (const pair of pairs) pair.isSwallowed = true;
    },
    swallowNew(isOn) {
      swallowsNew = isOn;
    },
    reset: () => drop((socket) => socket.resetAndDestroy()),
    halfOpen() {
      for (const pair of pairs) pair.isHalfOpen = true;
    },
    redirect(next) {
      to = next;
    },
    async refuse() {
      const stopped = stop();
      drop((socket) => socket.destroy());
      await stopped;
    },
    listen: () => listen(port),
    async close() {
      const stopped = stop();
      drop((socket) => socket.destroy());
      await stopped;
    },
  };
}

/** How to reach a real sshd through a relay: known_hosts knows it by the relay's port. */
export function throughRelay(sshd: Sshd, relay: Relay): SshTarget {
  const knownHosts = `${sshd.knownHosts}_relay`;
  writeFileSync(knownHosts, `[127.0.0.1]:${relay.port} ${readFileSync(sshd.hostKeys.ed25519, 'utf8')}`);
  return sshd.target({ port: relay.port, hostKeys: { knownHostsFiles: [knownHosts] } });
}
