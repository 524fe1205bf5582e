import { InfraError } from '../../../harness/errors/errors.ts';
import { deadline } from '../../../harness/scope/deadline.ts';

/** A host of the fleet, as far as it matters to whoever holds it. */
export interface Resource {
  readonly name: string;
  readonly userData: Readonly<Record<string, string>>;
}

/** An answer that was none of the usual ones. */
export interface Refusal {
  readonly status: number;
  /** One line. */
  readonly said: string;
}

/** Boskos as one holder sees it. Nothing here is tried again; every request has its bound. @throws InfraError without an answer. */
export interface Boskos {
  /** Takes a free one of the type; with the same request id a place in the queue is kept for 30 s. 404: none is free. */
  acquire(type: string, requestId: string): Promise<Resource | Refusal>;
  /** Says that it is still used. 401, 404 and 409: it is not ours any more. */
  beat(resource: Resource): Promise<Refusal | undefined>;
  release(resource: Resource, dest: 'free' | 'dirty'): Promise<Refusal | undefined>;
  /** How many are in which state, and who holds them; undefined when it does not say. */
  counts(type: string): Promise<Counts | undefined>;
}

export interface Counts {
  readonly states: Readonly<Record<string, number>>;
  readonly owners: readonly string[];
}

/** Source: Boskos's handlers and its own client. */
export function boskosAt(url: string, owner: string, answerWithinMs = 15_000): Boskos {
  const ask = async (path: string, parameters: Readonly<Record<string, string>>, body?: string) => {
    const method = path === 'metric' ? 'GET' : 'POST';
    const late = () => new InfraError(`no answer within ${answerWithinMs / 1000} s`);
    using bound = deadline(answerWithinMs, undefined, late);
    try {
      const answer = await fetch(`${url}/${path}?${new URLSearchParams(parameters)}`, {
        method,
        signal: bound.signal,
        ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (cause) {
      throw new InfraError(`Boskos ${url}: ${path}: ${reasonOf(cause)}`, {
        cause,
        hint: 'check --boskos, and whether this machine reaches it',
      });
    }
  };
  return {
    async acquire(type, requestId) {
      const answer = await ask('acquire', { type, state: 'free', dest: 'busy', owner, request_id: requestId });
      return answer.status === 200 ? resourceOf(url, answer.text) : refusalOf(answer);
    },
    async beat({ name, userData }) {
      // Some versions take what comes with it for the whole of the user data: left out, it would be gone.
      const answer = await ask('update', { name, state: 'busy', owner }, JSON.stringify(userData));
      return answer.status === 200 ? undefined : refusalOf(answer);
    },
    async release({ name }, dest) {
      const answer = await ask('release', { name, dest, owner });
      return answer.status === 200 ? undefined : refusalOf(answer);
    },
    async counts(type) {
      const answer = await ask('metric', { type });
      return answer.status === 200 ? countsOf(answer.text) : undefined;
    },
  };
}

function resourceOf(url: string, text: string): Resource {
  const { name, userdata } = fieldsOf(text);
  if (typeof name !== 'string' || name === '') {
    throw new InfraError(`Boskos ${url}: acquire: the answer names no resource: ${oneLine(text)}`, {
      hint: 'check that --boskos is the URL of a Boskos',
    });
  }
  const entries = Object.entries(isRecord(userdata) ? userdata : {});
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { name, userData: Object.fromEntries(texts) };
}

function countsOf(text: string): Counts {
  const { current, owner } = fieldsOf(text);
  const states = Object.entries(isRecord(current) ? current : {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0,
  );
  return {
    states: Object.fromEntries(states),
    owners: Object.keys(isRecord(owner) ? owner : {}).filter((name) => name !== ''),
  };
}

function refusalOf({ status, text }: { readonly status: number; readonly text: string }): Refusal {
  return { status, said: oneLine(text) };
}

/** fetch tells the reason only in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : error.message);
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}
