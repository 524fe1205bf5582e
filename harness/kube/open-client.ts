import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { ClientOptions, WebSocket } from 'ws';
import { InfraError } from '../errors/errors.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { type Deadline, deadline } from '../scope/deadline.ts';
import type { Scope } from '../scope/scope.ts';
import { type Credential, type CredentialSource, callUrl, type KubeAccess, serverUrl } from './access.ts';
import { type ChannelOpener, ClusterAgent } from './agent.ts';
import type {
  CallOptions,
  DeleteOptions,
  KubeAnswer,
  KubeClient,
  KubeRequest,
  ListOptions,
  PatchOptions,
  WriteOptions,
} from './client.ts';
import type { TunnelConfig } from './client-node.ts';
import { describeCall } from './describe-call.ts';
import { brief, isRefusal, kubeError } from './errors.ts';
import { bodyText, openWebSocket, retryAfterMs, send } from './https-transport.ts';
import { listAll } from './list.ts';
import type { KubeList, KubeObject } from './objects.ts';
import { pause } from './pause.ts';
import { explainTrust } from './trust.ts';

const TIMEOUT_MS = 30_000;
const TRIES_WHEN_BUSY = 6;
const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** A client for one cluster; `credentials` are shown in place of the access's own. Its connections are dropped when the scope closes. */
export function openKubeClient(
  scope: Scope,
  opener: ChannelOpener,
  access: KubeAccess,
  credentials?: CredentialSource,
): KubeClient {
  const client = new HttpsKubeClient(scope, { opener, access, credentials });
  scope.defer('close connections to the api server', 1000, async () => client.destroy());
  return client;
}

/** A call that is to be made, with the words that name it. */
interface Call extends KubeRequest {
  readonly what: string;
}

interface ClientParts {
  readonly opener: ChannelOpener;
  readonly access: KubeAccess;
  readonly credentials: CredentialSource | undefined;
}

class HttpsKubeClient implements KubeClient {
  readonly description: string;
  readonly lost: AbortSignal;
  readonly #scope: Scope;
  readonly #access: KubeAccess;
  readonly #credentials: CredentialSource | undefined;
  readonly #agent: ClusterAgent;
  #config: Promise<TunnelConfig> | undefined;

  constructor(scope: Scope, { opener, access, credentials }: ClientParts) {
    this.description = `${serverUrl(access)} through ${opener.description}`;
    this.lost = opener.lost ?? new AbortController().signal;
    this.#scope = scope;
    this.#access = access;
    this.#credentials = credentials;
    this.#agent = new ClusterAgent(opener, access);
  }

  destroy(): void {
    this.#agent.destroy();
  }

  async request(request: KubeRequest): Promise<KubeAnswer> {
    return await this.#whole({ ...request, what: describeCall(request.method.toLowerCase(), request.path) });
  }

  async get<T extends KubeObject = KubeObject>(path: string, options: CallOptions = {}): Promise<T> {
    return await this.#object<T>({ ...options, what: describeCall('get', path), method: 'GET', path });
  }

  async find<T extends KubeObject = KubeObject>(path: string, options: CallOptions = {}): Promise<T | undefined> {
    try {
      return await this.get<T>(path, options);
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }

  async text(path: string, options: CallOptions = {}): Promise<string> {
    const what = describeCall('get', path);
    return (await this.#whole({ ...options, what, method: 'GET', path, accept: '*/*' })).text;
  }

  async list<T extends KubeObject = KubeObject>(path: string, options: ListOptions = {}): Promise<KubeList<T>> {
    const { labelSelector, fieldSelector, pageSize, query, ...bounds } = options;
    const what = describeCall('list', path);
    return await listAll<T>(what, pageSize ?? 500, (page) =>
      this.#object({
        ...bounds,
        what,
        method: 'GET',
        path,
        query: { ...query, labelSelector, fieldSelector, ...page },
      }),
    );
  }

  async create<T extends KubeObject = KubeObject>(
    path: string,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<T> {
    const what = describeCall('create', path, object.metadata.name ?? object.metadata.generateName);
    return await this.#object<T>({ ...written(options), what, method: 'POST', path, body: object });
  }

  async replace<T extends KubeObject = KubeObject>(
    path: string,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<T> {
    return await this.#object<T>({
      ...written(options),
      what: describeCall('replace', path),
      method: 'PUT',
      path,
      body: object,
    });
  }

  async patch<T extends KubeObject = KubeObject>(path: string, patch: unknown, options: PatchOptions): Promise<T> {
    const { type, force, ...others } = options;
    const call = written({ ...others, query: { ...options.query, force } });
    const what = describeCall(type === 'apply' ? 'apply' : 'patch', path);
    return await this.#object<T>({ ...call, what, method: 'PATCH', path, body: patch, contentType: PATCH_TYPES[type] });
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<boolean> {
    const { preconditions, propagation, gracePeriodSeconds, ...bounds } = options;
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: propagation ?? 'Background',
      ...(preconditions === undefined ? {} : { preconditions }),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    };
    try {
      await this.#whole({ ...bounds, what: describeCall('delete', path), method: 'DELETE', path, body });
      return true;
    } catch (error) {
      if (isRefusal(error, 404)) return false;
      throw error;
    }
  }

  async stream(path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    const signal = options.signal ?? this.#scope.signal;
    const call: Call = { ...options, what: describeCall('watch', path), method: 'GET', path };
    using bound = this.#bound(call);
    const answer = await this.#answer(call, bound);
    const stop = () => answer.destroy(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    answer.once('close', () => signal.removeEventListener('abort', stop));
    return answer;
  }

  async websocket(path: string, protocols: readonly string[], options: CallOptions = {}): Promise<WebSocket> {
    const what = describeCall('connect to', path);
    using bound = this.#bound({ ...options, what, method: 'GET', path });
    return await this.#renewing(bound.signal, async (credential) => {
      const upgrade = {
        what,
        url: callUrl(this.#access, path, options.query),
        protocols,
        options: await this.#authenticated<ClientOptions>({ headers: { 'User-Agent': 'sevlane' } }, credential),
      };
      return await this.#reaching(what, bound, () => openWebSocket(upgrade, bound.signal));
    });
  }

  async #object<T extends KubeObject>(call: Call): Promise<T> {
    const { text } = await this.#whole(call);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new InfraError(`${call.what}: the answer is not JSON: ${brief(text)}`, { cause });
    }
  }

  async #whole(call: Call): Promise<KubeAnswer> {
    using bound = this.#bound(call);
    const answer = await this.#answer(call, bound);
    const text = await this.#reaching(call.what, bound, () => bodyText(answer, bound.signal));
    return { status: answer.statusCode ?? 0, headers: answer.headers, text };
  }

  /** The head of an answer below 400. A server that is busy is asked again as often and as late as it says. */
  async #answer(call: Call, bound: Deadline): Promise<IncomingMessage> {
    return await this.#renewing(bound.signal, (credential) => this.#ask(call, bound, credential));
  }

  async #ask(call: Call, bound: Deadline, credential: Credential | undefined): Promise<IncomingMessage> {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const headers = {
      'User-Agent': 'sevlane',
      Accept: call.accept ?? 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': call.contentType ?? 'application/json' }),
    };
    const options = await this.#authenticated<RequestOptions>({ method: call.method, headers }, credential);
    const wire = { url: callUrl(this.#access, call.path, call.query), options, body };
    for (let tries = 1; ; tries++) {
      const answer = await this.#reaching(call.what, bound, () => send(wire, bound.signal));
      const status = answer.statusCode ?? 0;
      for (const warning of answer.headers.warning ? [answer.headers.warning].flat() : []) {
        this.#scope.log.detail(`${call.what}: the api server warns: ${warning}`);
      }
      if (status < 400) return answer;
      const refusal = kubeError(call.what, status, await bodyText(answer, bound.signal));
      const waitMs = retryAfterMs(answer);
      if (waitMs === undefined || tries === TRIES_WHEN_BUSY || waitMs >= bound.leftMs) throw refusal;
      this.#scope.log.info(`waiting: ${refusal.message}; asked again in ${spokenTime(waitMs)}, as it says`);
      await pause(waitMs, bound.signal);
    }
  }

  /** The options with our agent, certificates and headers that prove who we are. */
  async #authenticated<T extends RequestOptions | ClientOptions>(
    options: T,
    credential: Credential | undefined,
  ): Promise<T> {
    this.#config ??= import('./client-node.ts').then(({ TunnelConfig }) => new TunnelConfig(this.#access, this.#agent));
    await (await this.#config).applyToHTTPSOptions(options);
    const { token, clientCertificate } = credential ?? {};
    if (token !== undefined)
      Object.assign(options, { headers: { ...options.headers, Authorization: `Bearer ${token}` } });
    if (clientCertificate !== undefined) Object.assign(options, clientCertificate);
    return options;
  }

  /** Does it with the credential of the moment, and once more with a new one when the server refuses that. */
  async #renewing<T>(signal: AbortSignal, work: (credential: Credential | undefined) => Promise<T>): Promise<T> {
    const source = this.#credentials;
    if (source === undefined) return await work(undefined);
    const credential = await source.current(signal);
    try {
      return await work(credential);
    } catch (error) {
      // Refused for want of proof: nothing was done, so that it may be asked again.
      if (!isRefusal(error, 401) || !source.refused(credential)) throw error;
      return await work(await source.current(signal));
    }
  }

  #bound({ what, timeoutMs = TIMEOUT_MS, signal = this.#scope.signal }: Call): Deadline {
    return deadline(timeoutMs, signal, () => new InfraError(`${what}: no answer within ${spokenTime(timeoutMs)}`));
  }

  /** Names the call in whatever goes wrong on the way; what already has words of its own is passed on. */
  async #reaching<T>(what: string, bound: Deadline, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      bound.signal.throwIfAborted();
      if (error instanceof InfraError) throw error;
      // With TLS 1.3 a server refuses our certificate only after the handshake.
      if (error instanceof Error && /\balert\b/.test(error.message)) throw explainTrust(error, {}, this.#access);
      const seen = error instanceof Error ? error.message : String(error);
      throw new InfraError(`${what}: the connection to the api server broke: ${seen}`, { cause: error });
    }
  }
}

function written({ strict, fieldManager, dryRun, query, ...bounds }: WriteOptions): CallOptions {
  const parameters = {
    ...query,
    fieldManager: fieldManager ?? 'sevlane',
    ...(strict ? { fieldValidation: 'Strict' } : {}),
    ...(dryRun ? { dryRun: 'All' } : {}),
  };
  return { ...bounds, query: parameters };
}
