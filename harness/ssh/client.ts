import type { SshTarget } from '../model/host.ts';
import type { Ask } from '../provider/contract.ts';
import { type LongWait, tellLongWait } from '../scope/long-wait.ts';
import type { Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import { within } from '../scope/until.ts';
import type { SshConnection } from './connection.ts';
import type { LocalPrograms } from './openssh/master.ts';
import { opensshTransport } from './openssh/transport.ts';
import { firstSession } from './reconnect.ts';
import type { SshTransport } from './session.ts';
import { ssh2Transport } from './ssh2-transport.ts';
import { SupervisedConnection } from './supervise.ts';

/** Bounds of a connection. */
export interface SshOptions {
  /** From the first packet to the first session, whatever the transport itself allows. */
  readonly withinMs?: number;
  /** How long each cut may take to heal, counted from when it is noticed; 0 heals nothing. Default 60 s. */
  readonly budgetMs?: number;
  /** Whom to ask on a terminal; absent without one. */
  readonly ask?: Ask | undefined;
  /** For a target that wants the system's ssh. */
  readonly programs?: LocalPrograms | undefined;
}

const BUDGET_MS = 60_000;
const CLOSE_WITHIN_MS = 5000;

/**
 * Connects to the node and keeps the connection until the scope closes. The host key is verified before any
 * credential is sent, at each reconnect too. A cut is healed within `budgetMs`; a connection lost for good aborts the
 * scope. Its moments are told as events.
 * @throws InfraError naming what was tried, what was seen and the fix.
 */
export async function connectSsh(
  scope: Scope,
  to: SshTarget | SshTransport,
  { withinMs, budgetMs = BUDGET_MS, ask, programs }: SshOptions = {},
): Promise<SshConnection> {
  const asking = new Asking(ask);
  // Of a cut and how it heals the moments of the connection tell.
  let isFirst = true;
  const tellWait = (wait: LongWait) => tellLongWait({ emit: (event) => isFirst && scope.emit(event) }, wait);
  const transport = 'open' in to ? to : transportTo(scope, to, { ask: asking.ask, programs, tellWait });
  const first = await bounded(scope, { withinMs, what: `ssh ${transport.description}: connect` }, (signal) =>
    firstSession(transport, signal),
  );
  isFirst = false;
  const supervision = { budgetMs, deadAfterMs: deadAfterMs(to), isAsking: () => asking.isUnderWay };
  const connection = new SupervisedConnection(scope, transport, { first, ...supervision });
  scope.defer(`close ssh ${transport.description}`, CLOSE_WITHIN_MS, () => connection.close());
  return connection;
}

/** Knows when a person is being asked: their time is not the server's. */
class Asking {
  readonly ask: Ask | undefined;
  #open = 0;

  constructor(ask: Ask | undefined) {
    this.ask =
      ask &&
      (async (question, options) => {
        this.#open += 1;
        try {
          return await ask(question, options);
        } finally {
          this.#open -= 1;
        }
      });
  }

  get isUnderWay(): boolean {
    return this.#open > 0;
  }
}

async function bounded<T>(
  scope: Scope,
  { withinMs, what }: { readonly withinMs: number | undefined; readonly what: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (withinMs === undefined) return await settle(work(scope.signal), scope.signal);
  const hint = 'check that the address is right and a firewall lets it through';
  return await within(what, { scope, withinMs, blame: 'infra', hint }, work);
}

interface TransportOptions {
  readonly ask: Ask | undefined;
  readonly programs: LocalPrograms | undefined;
  readonly tellWait: (wait: LongWait) => Disposable;
}

function transportTo(scope: Scope, target: SshTarget, { ask, programs, tellWait }: TransportOptions): SshTransport {
  if (target.openssh === undefined) {
    return ssh2Transport(target, { tell: (words) => scope.log.info(words), tellWait, ...asking(ask) });
  }
  if (programs === undefined) throw new Error(`nobody can start ${target.openssh.program} here`);
  return opensshTransport(scope, target, { ...programs, ask });
}

function asking(ask: Ask | undefined): { readonly ask?: Ask } {
  return ask === undefined ? {} : { ask };
}

function deadAfterMs(to: SshTarget | SshTransport): number | undefined {
  if ('open' in to || to.serverAlive === undefined) return undefined;
  return to.serverAlive.intervalMs * to.serverAlive.countMax;
}
