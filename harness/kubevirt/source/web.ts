import type { Dispatcher } from 'undici';
import { InfraError } from '../../errors/errors.ts';
import type { Environment } from '../../model/own-process.ts';
import type { Scope } from '../../scope/scope.ts';
import { type Look, until } from '../../scope/until.ts';
import { shownUrl } from './shown-url.ts';

/** How a file is fetched from the web. */
export interface WebWish {
  /** Of it HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read, in capitals or not. */
  readonly environment: Environment;
  /** One action for the reader of a failure. */
  readonly hint: string;
  /** Default 32 MiB: an operator's manifest has half of one. */
  readonly maxBytes?: number;
  /** All tries together; default 60 s. */
  readonly withinMs?: number;
  /** How often somebody who waits hears how far it is; default 5 s. */
  readonly newsEveryMs?: number;
}

const MAX_BYTES = 32 * 1024 * 1024;
const DOWNLOAD_MS = 60_000;
const NEWS_EVERY_MS = 5000;
const TRIES = 3;
const AGAIN_MS = 500;
const MAX_REDIRECTS = 5;

/**
 * The file behind an http or https URL, through the proxy that the environment names for it. Redirects are followed, to
 * another host too, but never from https to http. What may pass is tried three times.
 * @throws NotThere for a 404 or 410, InfraError with what was asked, through what, and what came back.
 */
export async function download(scope: Scope, url: string, wish: WebWish): Promise<Buffer> {
  const { hint, withinMs = DOWNLOAD_MS } = wish;
  const goal = `download of ${shownUrl(url)}`;
  let tries = 0;
  return await until(goal, { scope, withinMs, everyMs: AGAIN_MS, blame: 'infra', hint }, async (signal) => {
    tries += 1;
    const answer = await attempt(new URL(url), { ...wish, scope, signal });
    if (answer.done) return answer;
    if (tries >= TRIES) throw new InfraError(`${shownUrl(url)}: ${answer.saw}`, { hint });
    scope.log.detail(`${goal}: ${answer.saw}: trying again`);
    return answer;
  });
}

/** The server has no such file. */
export class NotThere extends InfraError {}

interface Attempt extends WebWish {
  readonly scope: Scope;
  readonly signal: AbortSignal;
}

async function attempt(first: URL, wish: Attempt): Promise<Look<Buffer>> {
  let url = first;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const way = await wayTo(url, wish.environment);
    try {
      const answer = await ask(url, way.agent, wish.signal);
      const location = answer.headers.location;
      if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
        drop(answer);
        url = redirected(url, location, wish.hint);
        continue;
      }
      return await read(url, answer, wish);
    } catch (error) {
      if (error instanceof InfraError || wish.signal.aborted) throw error;
      const saw = `cannot be downloaded${way.words}: ${reasonOf(error)}`;
      if (!isTrust(error)) return { done: false, saw };
      const hint = 'put the certificate of its authority, or of the proxy that opens TLS, into NODE_EXTRA_CA_CERTS';
      throw new InfraError(`${shownUrl(url.href)}: ${saw}`, { hint });
    } finally {
      void way.agent.destroy().catch(() => {});
    }
  }
  throw new InfraError(`${shownUrl(first.href)}: redirected more than ${MAX_REDIRECTS} times`, { hint: wish.hint });
}

async function ask(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const headers = { 'user-agent': 'sevlane', accept: '*/*' };
  const { request } = await import('undici');
  return await request(url, { dispatcher, signal, headers });
}

function redirected(from: URL, location: string, hint: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (to === undefined || !/^https?:$/.test(to.protocol))
    throw new InfraError(`${shownUrl(from.href)}: redirected to something that is no web address`, { hint });
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new InfraError(`${shownUrl(from.href)}: redirected to ${shownUrl(to.href)}, which proves nothing`, { hint });
  return to;
}

async function read(url: URL, answer: Dispatcher.ResponseData, wish: Attempt): Promise<Look<Buffer>> {
  const { statusCode: status, body } = answer;
  const { hint, maxBytes = MAX_BYTES, newsEveryMs = NEWS_EVERY_MS, scope } = wish;
  const shown = shownUrl(url.href);
  if (status !== 200) {
    drop(answer);
    if (status === 404 || status === 410) throw new NotThere(`${shown}: the server answered ${status}`, { hint });
    if (status === 429 || status >= 500) return { done: false, saw: `the server answered ${status}` };
    throw new InfraError(`${shown}: the server answered ${status}`, { hint });
  }
  const announced = Number(answer.headers['content-length'] ?? Number.NaN);
  const chunks: Buffer[] = [];
  let received = 0;
  let toldAt = performance.now();
  for await (const chunk of body as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > maxBytes) {
      drop(answer);
      throw new InfraError(`${shown}: is larger than ${inMebibytes(maxBytes)}, which no manifest is`, { hint });
    }
    chunks.push(chunk);
    if (performance.now() - toldAt < newsEveryMs) continue;
    toldAt = performance.now();
    const whole = Number.isNaN(announced) ? '' : ` of ${inMebibytes(announced)}`;
    scope.log.info(`downloading ${shown}: ${inMebibytes(received)}${whole}`);
  }
  if (!Number.isNaN(announced) && received !== announced)
    return { done: false, saw: `cut off after ${received} of ${announced} bytes` };
  return { done: true, value: Buffer.concat(chunks) };
}

/** What is dropped unread fails, which is no news. */
function drop({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => {}).destroy();
}

function inMebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

interface Way {
  readonly agent: Dispatcher;
  /** ` through the proxy host:port`, without its password. */
  readonly words: string;
}

/** As curl has it: each scheme has a proxy of its own, and https does not fall back to the one for http. */
async function wayTo(url: URL, environment: Environment): Promise<Way> {
  const names = url.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const given = names.map((name) => environment[name]).find((text) => text !== undefined && text !== '') ?? '';
  const proxy = given === '' || /^\w+:\/\//.test(given) ? given : `http://${given}`;
  if (proxy !== '' && (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)))
    throw new InfraError(`the proxy in ${names.join(' or ')} is no http address`, { hint: 'write http://host:port' });
  const noProxy = environment.no_proxy ?? environment.NO_PROXY ?? '';
  // Its hundred modules are of no use to a run that downloads nothing.
  const { EnvHttpProxyAgent } = await import('undici');
  // A proxy is asked for a plain file plainly: many allow CONNECT to port 443 only.
  const agent = new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy, noProxy, proxyTunnel: false });
  return { agent, words: proxy === '' ? '' : ` (${names[1]} is ${new URL(proxy).host})` };
}

/** Nobody whom we trust vouches for the server: asking again proves no more. Source: codes of Node's TLS. */
function isTrust(error: unknown): boolean {
  const { code } = innermostOf(error) as { readonly code?: unknown };
  return typeof code === 'string' && /CERT|VERIFY|ISSUER/.test(code);
}

/** The innermost cause says it: `getaddrinfo ENOTFOUND host`, `self-signed certificate`. */
function reasonOf(error: unknown): string {
  const innermost = innermostOf(error);
  if (innermost instanceof AggregateError && innermost.errors[0] instanceof Error) return innermost.errors[0].message;
  return innermost.message === '' ? innermost.name : innermost.message;
}

function innermostOf(error: unknown): Error {
  let innermost = error instanceof Error ? error : new Error(String(error));
  for (let depth = 0; depth < 5 && innermost.cause instanceof Error; depth += 1) innermost = innermost.cause;
  return innermost;
}
