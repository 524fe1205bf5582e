import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { toFinding } from '../../errors/blame.ts';
import { ConnectionCut, InfraError } from '../../errors/errors.ts';
import type { ChannelOpener } from '../../kube/agent.ts';
import { settle } from '../../scope/settle.ts';
import { textAt } from './fields.ts';

/** Whether the node has an image or can get it. */
export type ImageAnswer = { readonly image: string } & (
  | { readonly state: 'on the node' | 'in the registry' | 'not in the registry' }
  | { readonly state: 'refused' | 'unreachable'; readonly why: string }
);

/** An image's name taken apart as the container runtimes do. */
export interface ImageName {
  readonly registry: string;
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

interface LookUpOptions {
  readonly signal: AbortSignal;
  /** Authorities in PEM in place of those that Node trusts. */
  readonly ca?: string;
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const MAX_TOKEN_BYTES = 1024 * 1024;

/** `quay.io/kubevirt/virt-operator:v1.9.0` in its parts; a name without a registry is Docker Hub's. */
export function parseImage(image: string): ImageName {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = isHost ? rest.join('/') : image;
  const match = /^(.*?)(?:@(sha256:[0-9a-f]+)|:([\w.-]+))?$/.exec(path);
  const name = match?.[1] ?? path;
  return {
    registry: isHost ? first : 'registry-1.docker.io',
    repository: isHost || name.includes('/') ? name : `library/${name}`,
    reference: match?.[2] ?? match?.[3] ?? 'latest',
  };
}

/**
 * Asks the image's registry for its manifest, from the node: through a channel, with TLS verified as everybody does
 * and, where the registry wants one, an anonymous token of its realm. Nothing is pulled.
 * @throws ConnectionCut, which says nothing about the registry; the signal's reason.
 */
export async function lookUpImage(
  opener: ChannelOpener,
  image: string,
  { signal, ca }: LookUpOptions,
): Promise<ImageAnswer> {
  const { registry, repository, reference } = parseImage(image);
  const agent = new NodeAgent(opener, ca);
  try {
    const url = `https://${registry}/v2/${repository}/manifests/${reference}`;
    const first = await head(agent, url, {}, signal);
    const status = first.statusCode ?? 0;
    const token = status === 401 ? await anonymousToken(agent, first, signal) : undefined;
    const last = token === undefined ? first : await head(agent, url, { Authorization: `Bearer ${token}` }, signal);
    return answerOf(image, registry, last.statusCode ?? 0);
  } catch (error) {
    signal.throwIfAborted();
    const { cut } = agent;
    if (cut !== undefined) throw cut;
    return { image, state: 'unreachable', why: seen(error) };
  } finally {
    agent.destroy();
  }
}

/** What went wrong on the way; the hint says it where the message only names the way. */
function seen(error: unknown): string {
  const { message, hint } = toFinding(error, 'registry');
  return error instanceof InfraError && hint !== undefined ? `${message.replace(/[: ]+$/, '')}: ${hint}` : message;
}

/** An IP address may not be sent as the server's name, and is looked for in the certificate all the same. */
function named(host: string): { readonly host: string; readonly servername?: string } {
  return isIP(host) ? { host } : { host, servername: host };
}

function answerOf(image: string, registry: string, status: number): ImageAnswer {
  if (status >= 200 && status < 300) return { image, state: 'in the registry' };
  if (status === 404) return { image, state: 'not in the registry' };
  return { image, state: 'refused', why: `${registry} answers ${status}` };
}

/** Source: the registry's token authentication, as `WWW-Authenticate: Bearer realm="...",service="...",scope="..."` says. */
async function anonymousToken(
  agent: Agent,
  challenge: IncomingMessage,
  signal: AbortSignal,
): Promise<string | undefined> {
  const header = challenge.headers['www-authenticate'] ?? '';
  const part = (name: string) => new RegExp(`${name}="([^"]*)"`, 'i').exec(header)?.[1];
  const realm = part('realm');
  if (!/^bearer /i.test(header) || realm === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  if (url.protocol !== 'https:') throw new InfraError(`the registry sends for a token to ${url.protocol}//${url.host}`);
  for (const name of ['service', 'scope']) {
    const value = part(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const answer = await ask(agent, { method: 'GET', url: url.href, headers: { Accept: 'application/json' } }, signal);
  const text = await body(answer, signal);
  if (answer.statusCode !== 200) throw new InfraError(`${url.host} gives no token: it answers ${answer.statusCode}`);
  try {
    const said: unknown = JSON.parse(text);
    return textAt(said, 'token') ?? textAt(said, 'access_token');
  } catch (cause) {
    throw new InfraError(`${url.host} gives no token: the answer is not JSON`, { cause });
  }
}

async function head(
  agent: Agent,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const answer = await ask(agent, { method: 'HEAD', url, headers: { Accept: MANIFESTS, ...headers } }, signal);
  answer.resume();
  return answer;
}

interface Question {
  readonly method: 'GET' | 'HEAD';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function ask(agent: Agent, { method, url, headers }: Question, signal: AbortSignal): Promise<IncomingMessage> {
  const outgoing = request(url, { agent, method, headers: { 'User-Agent': 'sevlane', ...headers } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).on('error', reject).end();
  });
  try {
    return await settle(answered, signal);
  } catch (error) {
    outgoing.destroy();
    throw error;
  }
}

async function body(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  const read = async () => {
    let text = '';
    for await (const chunk of answer) {
      text += chunk;
      if (text.length > MAX_TOKEN_BYTES) throw new InfraError('the token is longer than a megabyte');
    }
    return text;
  };
  return await settle(read(), signal);
}

/** Connections that begin at the node, each in a channel. */
class NodeAgent extends Agent {
  readonly #opener: ChannelOpener;
  readonly #ca: string | undefined;
  readonly #channels: Duplex[] = [];

  constructor(opener: ChannelOpener, ca: string | undefined) {
    super({ keepAlive: false });
    this.#opener = opener;
    this.#ca = ca;
  }

  /** The cut that ended one of its connections. */
  get cut(): ConnectionCut | undefined {
    return this.#channels.map(({ errored }) => errored).find((error) => error instanceof ConnectionCut);
  }

  override createConnection(
    { host, port }: { readonly host?: string | null; readonly port?: number | string | null },
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const to = { host: host ?? '', port: Number(port ?? 443) };
    this.#opener.openChannel(to).then(
      (socket) => {
        this.#channels.push(socket);
        callback?.(null, connect({ socket, ...named(to.host), ca: this.#ca }));
      },
      // Node ignores the second argument when there is an error.
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}
