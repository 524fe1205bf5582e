import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { ClientOptions, WebSocket } from 'ws';
import { ConnectionCut, InfraError } from '../errors/errors.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { type Deadline, workTime } from '../scope/deadline.ts';
import type { Scope } from '../scope/scope.ts';
import { type Credential, type CredentialSource, callUrl, type KubeAccess } from './access.ts';
import { type ChannelOpener, ClusterAgent } from './agent.ts';
import { BrokenCall } from './broken-call.ts';
import type { KubeAnswer, KubeRequest, Query } from './client.ts';
import type { TunnelConfig } from './client-node.ts';
import { isRefusal, kubeError } from './errors.ts';
import type { Fence } from './fence.ts';
import { bodyText, type Gate, openWebSocket, retryAfterMs, send } from './https-transport.ts';
import { pause } from './pause.ts';
import { explainTrust } from './trust.ts';

const TIMEOUT_MS = 30_000;
const TRIES_WHEN_BUSY = 6;
/** How often a call is made again because its stream broke although the connection to the node stands. */
const MOST_BREAKS = 3;
const FIRST_PAUSE_MS = 100;

/** A call that is to be made, with the words that name it. */
export interface Call extends KubeRequest {
  readonly what: string;
  /** Asked before each sending. */
  readonly fence?: Fence | undefined;
}

/** How calls get to the server, and what they show there; `credentials` in place of the access's own. */
export interface Way {
  readonly opener: ChannelOpener;
  readonly access: KubeAccess;
  readonly credentials: CredentialSource | undefined;
  readonly userAgent: string;
}

/**
 * Makes calls: bounded, authenticated, obeying Retry-After. A read that broke on its way, and whatever had not been
 * sent yet, is made again within the same bound, which does not count time without a connection.
 */
export class Caller {
  readonly #scope: Scope;
  readonly #access: KubeAccess;
  readonly #credentials: CredentialSource | undefined;
  readonly #userAgent: string;
  readonly #lost: AbortSignal | undefined;
  readonly #agent: ClusterAgent;
  #config: Promise<TunnelConfig> | undefined;

  constructor(scope: Scope, { opener, access, credentials, userAgent }: Way) {
    this.#scope = scope;
    this.#access = access;
    this.#credentials = credentials;
    this.#userAgent = userAgent;
    this.#lost = opener.lost;
    this.#agent = new ClusterAgent(opener, access);
  }

  destroy(): void {
    this.#agent.destroy();
  }

  bound({ what, timeoutMs = TIMEOUT_MS, signal = this.#scope.signal }: Call): Deadline {
    const late = (uncounted: string) =>
      new InfraError(`${what}: no answer within ${spokenTime(timeoutMs)}${uncounted}`);
    return workTime(timeoutMs, { signal, clock: this.#scope.clock }, late);
  }

  /** The whole answer. @throws BrokenCall when the connection broke under a request that is no read. */
  async whole(call: Call, bound: Deadline): Promise<KubeAnswer> {
    return await this.#again(call, bound, async () => {
      const answer = await this.head(call, bound);
      const text = await this.#reaching(call.what, bound, () => bodyText(answer, bound.signal));
      return { status: answer.statusCode ?? 0, headers: answer.headers, text };
    });
  }

  /** An upgraded connection. It is not made again: what opening it starts is not known here. */
  async websocket(call: Call, protocols: readonly string[], bound: Deadline): Promise<WebSocket> {
    const { what, path, query } = call;
    return await this.#renewing(bound.signal, async (credential) => {
      const options = await this.#authenticated<ClientOptions>(
        { headers: { 'User-Agent': this.#userAgent } },
        credential,
      );
      const { gate } = passed(call, bound);
      const upgrade = { what, url: callUrl(this.#access, path, query), protocols, options, gate };
      return await this.#reaching(what, bound, () => openWebSocket(upgrade, bound.signal));
    });
  }

  /**
   * Does what may be done twice until it does not break. A cut of the connection is waited out, however often.
   * @throws the reason of the loss when there is nothing to wait for.
   */
  async #again<T>({ method }: Call, bound: Deadline, work: () => Promise<T>): Promise<T> {
    for (let breaks = 0; ; ) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof BrokenCall)) throw error;
        this.#lost?.throwIfAborted();
        if (error.isSent && method !== 'GET') throw error;
        if (!error.isCut) breaks++;
        if (breaks > MOST_BREAKS) throw error;
        this.#scope.log.detail(`waiting: ${error.message}; asked again`);
        await pause(FIRST_PAUSE_MS * 2 ** breaks, bound.signal);
      }
    }
  }

  /**
   * The head of an answer below 400; whoever follows its body has to begin anew by itself. A server that is busy is
   * asked again as often and as late as it says.
   */
  async head(call: Call, bound: Deadline): Promise<IncomingMessage> {
    return await this.#renewing(bound.signal, (credential) => this.#ask(call, bound, credential));
  }

  async #ask(call: Call, bound: Deadline, credential: Credential | undefined): Promise<IncomingMessage> {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const headers = {
      'User-Agent': this.#userAgent,
      Accept: call.accept ?? 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': call.contentType ?? 'application/json' }),
    };
    const options = await this.#authenticated<RequestOptions>({ method: call.method, headers }, credential);
    for (let tries = 1; ; tries++) {
      const { query, gate } = passed(call, bound);
      const wire = { url: callUrl(this.#access, call.path, query), options, body, gate };
      const answer = await this.#reaching(call.what, bound, () => send(wire, bound.signal));
      const status = answer.statusCode ?? 0;
      for (const warning of answer.headers.warning ? [answer.headers.warning].flat() : []) {
        this.#scope.log.detail(`${call.what}: the api server warns: ${warning}`);
      }
      if (status < 400) return answer;
      const text = await this.#reaching(call.what, bound, () => bodyText(answer, bound.signal));
      const refusal = kubeError(call.what, status, text);
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

  /** Names the call in whatever goes wrong on the way; what already has words of its own is passed on. */
  async #reaching<T>(what: string, bound: Deadline, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      bound.signal.throwIfAborted();
      if (error instanceof BrokenCall || error instanceof ConnectionCut) {
        const isSent = error instanceof BrokenCall && error.isSent;
        const cause = error instanceof BrokenCall ? error.cause : error;
        throw new BrokenCall(`${what}: ${error.message}`, { cause, isSent });
      }
      if (error instanceof InfraError) throw error;
      // With TLS 1.3 a server refuses our certificate only after the handshake.
      if (error instanceof Error && /\balert\b/.test(error.message)) throw explainTrust(error, {}, this.#access);
      const seen = error instanceof Error ? error.message : String(error);
      throw new BrokenCall(`${what}: the connection to the api server broke: ${seen}`, { cause: error });
    }
  }
}

/**
 * What the fence lets pass: the query with the time that the server may take over it, and a look at the fence again in
 * the moment when there is a connection to send it on, which may be long after.
 */
function passed(
  { what, query, fence }: Call,
  bound: Deadline,
): { readonly query: Query | undefined; readonly gate: Gate | undefined } {
  if (fence === undefined) return { query, gate: undefined };
  const withinMs = fence.admit(what, bound.leftMs);
  return {
    query: { timeout: `${Math.ceil(withinMs)}ms`, ...query },
    gate: { withinMs, isOpen: () => fence.holdsFor(what, withinMs) },
  };
}
