import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { startApiServer } from '../../providers/mock/api/server.ts';
import { networkSwitch } from '../../providers/mock/api/switch.ts';
import { clockAt } from '../../providers/mock/clock.ts';
import { quietDirector } from '../mock/quiet-director.ts';
import { differences } from './compare.ts';
import { makePki } from './pki.ts';
import { type Answer, type Recording, readRecordings } from './recording.ts';

/** How one recorded answer fared. */
export interface Verdict {
  readonly group: string;
  readonly name: string;
  readonly differences: readonly string[];
}

/** Replays the recorded requests of a real API server against a fresh simulated one; undefined where the recordings are absent. */
export async function replayApiServer(folder: string): Promise<readonly Verdict[] | undefined> {
  if (!existsSync(folder)) return undefined;
  const pki = await makePki();
  const server = await startApiServer({
    clock: clockAt(1),
    director: quietDirector(),
    network: networkSwitch(),
    version: 'v1.34.4',
    serving: pki.serving,
    clientCa: pki.ca,
  });
  const agents = {
    admin: agentFor(pki.ca, await pki.client('admin', 'system:masters')),
    alice: agentFor(pki.ca, await pki.client('alice', 'devs')),
    anonymous: agentFor(pki.ca),
  };
  try {
    return await replay({ port: server.port, agents, captures: new Map() }, folder);
  } finally {
    for (const agent of Object.values(agents)) agent.destroy();
    await server.close();
  }
}

interface Session {
  readonly port: number;
  readonly agents: Readonly<Record<string, Agent>>;
  readonly captures: Map<string, string>;
}

function agentFor(ca: string, identity?: { readonly certificate: string; readonly key: string }): Agent {
  const own = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
  return new Agent({ ca, keepAlive: true, maxSockets: 4, ...own });
}

async function replay(session: Session, folder: string): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const recording of readRecordings(folder)) {
    await before(session, recording.n);
    const [answer] = await Promise.all([ask(session, recording), during(session, recording.n)]);
    capture(session, recording.n, answer);
    verdicts.push({ group: recording.group, name: recording.name, differences: differences(recording, answer) });
    await after(recording.n);
  }
  return verdicts;
}

const CONFIGMAPS = '/api/v1/namespaces/rec/configmaps';
const MERGE = 'application/merge-patch+json';

// The steps between the numbered requests, as the recordings' index tells them.
async function before(session: Session, n: number): Promise<void> {
  if (n === 278) for (const name of ['w-a', 'w-b']) await step(session, 'POST', CONFIGMAPS, watched(name));
  if (n === 299) {
    const left = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left' }, data: { a: '1' } };
    await step(session, 'POST', '/api/v1/namespaces/term/configmaps', left);
  }
}

async function during(session: Session, n: number): Promise<void> {
  if (n !== 282) return;
  await pause(300);
  await step(session, 'POST', CONFIGMAPS, watched('w-c'));
  await step(session, 'PATCH', `${CONFIGMAPS}/w-c`, { data: { a: '2' } });
  await step(session, 'PATCH', `${CONFIGMAPS}/w-b`, { metadata: { labels: { w: null } } });
  await step(session, 'DELETE', `${CONFIGMAPS}/w-c`);
}

async function after(n: number): Promise<void> {
  // The simulated server establishes a definition and removes its instances at once, so a moment is enough.
  if (n === 129 || n === 308) await pause(100);
}

function watched(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { w: '1' } }, data: { a: '1' } };
}

async function step(session: Session, method: string, path: string, body?: unknown): Promise<void> {
  const headers = { 'content-type': method === 'PATCH' ? MERGE : 'application/json' };
  await send(session, { user: 'admin', method, path, headers, ...(body === undefined ? {} : { body }) });
}

const CAPTURES: Readonly<Record<number, readonly [string, (body: Captured) => string | undefined]>> = {
  32: ['rv1', ({ metadata }) => metadata?.resourceVersion],
  58: ['rv2', ({ metadata }) => metadata?.resourceVersion],
  94: ['cont', ({ metadata }) => encodeURIComponent(metadata?.continue ?? '')],
  134: ['wrv', ({ metadata }) => metadata?.resourceVersion],
  229: ['lrv', ({ metadata }) => metadata?.resourceVersion],
  241: ['tok', ({ status }) => status?.token],
  242: ['lab', ({ status }) => status?.token],
  278: ['wlist', ({ metadata }) => metadata?.resourceVersion],
};

interface Captured {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly status?: { readonly token?: string };
}

function capture({ captures }: Session, n: number, { body }: Answer): void {
  const found = CAPTURES[n];
  if (found !== undefined) captures.set(found[0], found[1](body as Captured) ?? '');
}

const BEARERS: Readonly<Record<number, string>> = { 247: 'tok', 248: 'lab', 253: 'tok' };

function ask(session: Session, { n, request: recorded }: Recording): Promise<Answer> {
  const fill = (text: string) => text.replace(/\$\{(\w+)\}/g, (_, name: string) => session.captures.get(name) ?? '');
  const bearer = BEARERS[n] === undefined ? 'nonsense' : session.captures.get(BEARERS[n] ?? '');
  const headers = {
    ...recorded.headers,
    ...('authorization' in recorded.headers ? { authorization: `Bearer ${bearer}` } : {}),
  };
  const body =
    typeof recorded.body === 'object'
      ? JSON.parse(fill(JSON.stringify(recorded.body)))
      : (recorded.body as string | undefined);
  return send(session, { ...recorded, headers, path: fill(recorded.path), ...(body === undefined ? {} : { body }) });
}

type Sent = Recording['request'];

function send({ port, agents }: Session, { user, method, path, headers, body, watchMs }: Sent): Promise<Answer> {
  const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const agent = agents[user];
    const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) };
    const sent = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...headers, ...length },
      ...(agent ? { agent } : {}),
    });
    sent.once('error', reject);
    sent.once('response', (response) => void received(response, path, watchMs).then(resolve, reject));
    sent.end(bytes);
  });
}

async function received(response: IncomingMessage, path: string, watchMs: number | undefined): Promise<Answer> {
  const parts: Buffer[] = [];
  const isWatch = /[?&]watch=1|\/watch\//.test(path);
  // What is to come comes at once here, so only watches that the server ends itself get their full time.
  const patience = path.includes('timeoutSeconds') ? 1 : 0.3;
  const hangUp = watchMs === undefined ? undefined : setTimeout(() => response.destroy(), watchMs * patience);
  await new Promise<void>((resolve) => {
    response.on('data', (part: Buffer) => parts.push(part));
    response.once('close', resolve);
    response.once('error', () => resolve());
  });
  clearTimeout(hangUp);
  const text = Buffer.concat(parts).toString('utf8');
  const body = isWatch ? text.split('\n').filter(Boolean).map(parsed) : parsed(text);
  return { status: response.statusCode ?? 0, headers: headersOf(response), body };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// Node joins repeated headers; warnings are told one by one.
function headersOf({ headers, rawHeaders }: IncomingMessage): Readonly<Record<string, unknown>> {
  const warnings = rawHeaders.filter(
    (_, index) => rawHeaders[index - 1]?.toLowerCase() === 'warning' && index % 2 === 1,
  );
  return { ...headers, ...(warnings.length === 0 ? {} : { warning: warnings }) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
