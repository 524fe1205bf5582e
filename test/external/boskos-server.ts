import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The states that Boskos knows. */
export type State = 'free' | 'busy' | 'cleaning' | 'dirty' | 'leased' | 'toBeDeleted' | 'tombstone';

export interface Entry {
  readonly type: string;
  readonly name: string;
  state: State;
  owner: string;
  userdata: Record<string, string>;
  lastupdate: string;
}

/** A request as it arrived. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
}

/** A server that speaks as Boskos does: its paths, parameters, states, queue, status codes and words of refusal. */
export interface BoskosServer {
  readonly url: string;
  readonly resources: Entry[];
  readonly asked: readonly Asked[];
  add(entry: Pick<Entry, 'type' | 'name'> & Partial<Entry>): Entry;
  /** As the reaper does with a resource that was not updated for long. */
  reap(name: string): void;
  /** Resolves after the next request of this path that ends with this status, or at once when there was one. */
  saw(path: string, status: number): Promise<void>;
  /** Answers the next requests before they do anything: hangs up without a word, or this status. */
  fail(...answers: readonly ('hang up' | number)[]): void;
  /** Grants the next request and then hangs up: its answer is lost. */
  loseAnswer(): void;
  close(): Promise<void>;
}

interface Refused {
  readonly status: number;
  readonly text: string;
}

const QUEUE_TTL_MS = 30_000;

export async function startBoskos(): Promise<BoskosServer> {
  const resources: Entry[] = [];
  const asked: Asked[] = [];
  const queues = new Map<string, Map<string, number>>();
  const failures: ('hang up' | number)[] = [];
  const waiting = new Set<() => void>();
  let losesNext = false;

  const acquire = (given: Record<string, string>): string | Refused => {
    const { type, state, dest, owner, request_id: id = '' } = given;
    if (!type || !state || !dest || !owner) {
      const text = `Bad request: Type: ${type}, state: ${state}, dest: ${dest}, owner: ${owner}, all of them must be set in the request.`;
      return { status: 400, text };
    }
    const rank = rankOf(`${type}/${state}`, id);
    const ofType = resources.filter((each) => each.type === type);
    const matching = ofType.filter((each) => each.state === state && each.owner === '');
    const found = matching[rank - 1];
    if (found === undefined) {
      const text =
        ofType.length > 0
          ? `no available resource ${type}, try again later.`
          : `resource type "${type}" does not exist`;
      return { status: 404, text: `Acquire failed: ${text}` };
    }
    Object.assign(found, { owner, state: dest, lastupdate: new Date().toISOString() });
    queues.get(`${type}/${state}`)?.delete(id);
    return JSON.stringify(found);
  };

  /** The place in the queue of this type and state; a request without an id comes last. */
  const rankOf = (key: string, id: string): number => {
    const queue = queues.get(key) ?? new Map<string, number>();
    queues.set(key, queue);
    for (const [each, until] of queue) if (until < Date.now()) queue.delete(each);
    if (id !== '') queue.set(id, Date.now() + QUEUE_TTL_MS);
    const at = [...queue.keys()].indexOf(id);
    return at < 0 ? queue.size + 1 : at + 1;
  };

  const held = ({ name = '', owner = '' }: Record<string, string>): Entry | Refused => {
    const found = resources.find((each) => each.name === name);
    if (found === undefined) return { status: 404, text: `no available resource ${name}, try again later.` };
    if (found.owner !== owner)
      return { status: 401, text: `owner mismatch request by ${owner}, currently owned by ${found.owner}` };
    return found;
  };

  const release = (given: Record<string, string>): string | Refused => {
    const { name, dest, owner } = given;
    if (!name || !dest || !owner) return { status: 400, text: `Name: ${name}, dest: ${dest}, owner: ${owner}` };
    const found = held(given);
    if ('status' in found) return { ...found, text: `Done failed: ${found.text}` };
    Object.assign(found, { owner: '', state: dest, lastupdate: new Date().toISOString() });
    return '';
  };

  const update = (given: Record<string, string>, body: string): string | Refused => {
    const { name, owner, state } = given;
    if (!name || !owner || !state) return { status: 400, text: `Name: ${name}, owner: ${owner}, state : ${state}` };
    const found = held(given);
    if ('status' in found) return { ...found, text: `Update failed: ${found.text}` };
    if (found.state !== state)
      return { status: 409, text: `Update failed: state mismatch - expected ${found.state}, current ${state}` };
    // What comes with it is the whole of it: an empty body leaves nothing.
    found.userdata = body === '' ? {} : (JSON.parse(body) as Record<string, string>);
    found.lastupdate = new Date().toISOString();
    return '';
  };

  const metric = ({ type = '' }: Record<string, string>): string | Refused => {
    const ofType = resources.filter((each) => each.type === type);
    if (ofType.length === 0) return { status: 404, text: `no available resource ${type}, try again later.` };
    const count = (values: readonly string[]) =>
      Object.fromEntries([...new Set(values)].map((value) => [value, values.filter((each) => each === value).length]));
    return JSON.stringify({
      type,
      current: count(ofType.map(({ state }) => state)),
      owner: count(ofType.map(({ owner }) => owner)),
    });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url ?? '', 'http://x');
    const path = url.pathname.slice(1);
    const parameters = Object.fromEntries(url.searchParams);
    const method = request.method ?? '';
    const note = (status: number) => {
      asked.push({ method, path, parameters, body, status });
      for (const look of [...waiting]) look();
    };
    const failure = failures.shift();
    if (failure === 'hang up') {
      note(0);
      request.socket.destroy();
      return;
    }
    const work = { acquire, release, update: (given: Record<string, string>) => update(given, body), metric }[path];
    const wanted = path === 'metric' ? 'GET' : 'POST';
    const result: string | Refused =
      failure !== undefined
        ? { status: failure, text: 'not now' }
        : work === undefined
          ? ''
          : method !== wanted
            ? { status: 405, text: `Method ${method}, /${path} only accepts ${wanted}.` }
            : work(parameters);
    if (losesNext) {
      losesNext = false;
      note(0);
      request.socket.destroy();
      return;
    }
    const status = typeof result === 'string' ? 200 : result.status;
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(typeof result === 'string' ? result : `${result.text}\n`, () => note(status));
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    resources,
    asked,
    add(entry) {
      const whole: Entry = { state: 'free', owner: '', userdata: {}, lastupdate: '0001-01-01T00:00:00Z', ...entry };
      resources.push(whole);
      return whole;
    },
    reap(name) {
      const found = resources.find((each) => each.name === name);
      if (found !== undefined) Object.assign(found, { owner: '', state: 'dirty' });
    },
    saw: (path, status) =>
      new Promise((done) => {
        const look = () => {
          if (!asked.some((each) => each.path === path && each.status === status)) return;
          waiting.delete(look);
          done();
        };
        waiting.add(look);
        look();
      }),
    fail: (...answers) => void failures.push(...answers),
    loseAnswer: () => {
      losesNext = true;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
