import { randomUUID } from 'node:crypto';
import { InfraError } from '../../../harness/errors/errors.ts';
import type { Scope } from '../../../harness/scope/scope.ts';
import { type Look, until } from '../../../harness/scope/until.ts';
import { type Boskos, boskosAt, type Counts, type Refusal, type Resource } from './client.ts';
import { BoskosKeeper, RHYTHM, type Rhythm } from './keeper.ts';

/** What is asked for, by whom, and how long it may take. */
export interface HostWish {
  readonly url: string;
  readonly type: string;
  readonly owner: string;
  readonly waitMs: number;
}

/** So many questions in a row may stay without an answer. */
const MOST_UNANSWERED = 3;
/** Three tries; also in the little time of a job that is about to be killed there has to be one. */
const RELEASE = { withinMs: 20_000, reservedMs: 2000 };

/**
 * Takes a free host of the fleet and keeps it until the scope ends: then it is given back, `free` when nothing is left
 * on it, else `dirty`, which has it cleaned. @throws InfraError when none gets free in time, or Boskos refuses.
 */
export async function lendFromBoskos(scope: Scope, wish: HostWish, rhythm: Rhythm = RHYTHM): Promise<Resource> {
  const boskos = boskosAt(wish.url, wish.owner);
  const asking = new Asking(boskos, wish);
  let keeper: BoskosKeeper | undefined;
  // Registered before the first question: one that is under way when the run is stopped may still be granted.
  scope.defer('host of Boskos', RELEASE, async (signal) => {
    const resource = await asking.end();
    if (resource === undefined) return;
    keeper ??= new BoskosKeeper({ scope, boskos, resource, rhythm });
    await keeper.release(scope.leavesNothing() ? 'free' : 'dirty', signal);
  });
  const goal = `a free host of type ${wish.type} at Boskos`;
  const hint =
    'see who holds the hosts of this type, and whether its janitor cleans the dirty ones; raise --lease-wait';
  const limits = { scope, withinMs: wish.waitMs, everyMs: rhythm.askEveryMs, blame: 'infra', hint } as const;
  const resource = await until(goal, limits, () => asking.look());
  keeper = new BoskosKeeper({ scope, boskos, resource, rhythm });
  keeper.start();
  scope.log.info(`Boskos lends host "${resource.name}" of type ${wish.type} to ${wish.owner}`);
  return resource;
}

/** One request for a host, asked again and again under one id, which keeps its place in the queue. */
class Asking {
  readonly #boskos: Boskos;
  readonly #wish: HostWish;
  readonly #requestId = randomUUID();
  #pending: Promise<Resource | Refusal | undefined> = Promise.resolve(undefined);
  #unanswered = 0;
  #unknown = 0;

  constructor(boskos: Boskos, wish: HostWish) {
    this.#boskos = boskos;
    this.#wish = wish;
  }

  async look(): Promise<Look<Resource>> {
    const { type, url } = this.#wish;
    const asked = this.#boskos.acquire(type, this.#requestId);
    this.#pending = asked.catch(() => undefined);
    let answer: Resource | Refusal;
    try {
      answer = await asked;
      this.#unanswered = 0;
    } catch (error) {
      this.#unanswered += 1;
      if (this.#unanswered >= MOST_UNANSWERED) throw error;
      return { done: false, saw: error instanceof Error ? error.message : String(error) };
    }
    if ('name' in answer) return { done: true, value: answer };
    const { status, said } = answer;
    if (status !== 404 && status < 500) {
      throw new InfraError(`Boskos ${url}: acquire: refused: ${status} ${said}`, {
        hint: 'check --boskos; a proxy before it may want a login',
      });
    }
    // The first question for a type whose hosts are made when asked for finds none.
    this.#unknown = /does not exist/.test(said) ? this.#unknown + 1 : 0;
    if (this.#unknown > 1) {
      throw new InfraError(`Boskos ${url} knows no resource of type "${type}"`, { hint: 'check --boskos-type' });
    }
    if (status !== 404) return { done: false, saw: `${status} ${said}` };
    return { done: false, saw: busy(await this.#boskos.counts(type).catch(() => undefined), this.#wish.owner) };
  }

  /** What the last question was granted, if it was. */
  async end(): Promise<Resource | undefined> {
    const last = await this.#pending;
    return last !== undefined && 'name' in last ? last : undefined;
  }
}

/** Boskos does not tell which place in its queue is ours. */
function busy(counts: Counts | undefined, us: string): string {
  if (counts === undefined) return 'none is free';
  const states = Object.entries(counts.states).map(([state, count]) => `${count} ${state}`);
  const owners = counts.owners.slice(0, 3).map((owner) => (owner === us ? `${owner} (us: ${LOST_GRANT})` : owner));
  const held =
    owners.length === 0 ? '' : `, held by ${owners.join(', ')}${counts.owners.length > 3 ? ' and others' : ''}`;
  return `none is free: ${states.join(', ')}${held}; our place in the queue is not told`;
}

/** Boskos tells nobody the names of what it has lent. */
const LOST_GRANT = 'an answer that got lost, or an earlier run; the reaper takes it back';
