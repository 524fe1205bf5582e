import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { InfraError } from '../errors/errors.ts';
import type { Deadline } from '../scope/deadline.ts';
import type { Scope } from '../scope/scope.ts';
import { type CredentialSource, type KubeAccess, serverUrl } from './access.ts';
import type { ChannelOpener } from './agent.ts';
import { BrokenCall } from './broken-call.ts';
import { type Call, Caller, type Way } from './caller.ts';
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
import { describeCall } from './describe-call.ts';
import { brief, isRefusal } from './errors.ts';
import { EPOCH_ANNOTATION, type Fence, FIELD_MANAGER, LEASE_ANNOTATION } from './fence.ts';
import { RUN_LABEL } from './find-left.ts';
import { listAll } from './list.ts';
import { lostAnswer, WRITE_ANNOTATION } from './lost-answers.ts';
import { isMutating } from './mutation.ts';
import type { KubeList, KubeObject, ObjectMeta } from './objects.ts';

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Who asks. */
export interface Asker {
  /** Shown in place of the access's own. */
  readonly credentials?: CredentialSource | undefined;
  /** Default `sevlane`. */
  readonly userAgent?: string;
}

/** A client for one cluster. Its connections are dropped when the scope closes. */
export function openKubeClient(
  scope: Scope,
  opener: ChannelOpener,
  access: KubeAccess,
  { credentials, userAgent = 'sevlane' }: Asker = {},
): KubeClient {
  const client = new HttpsKubeClient(scope, { opener, access, credentials, userAgent });
  scope.defer('close connections to the api server', 1000, async () => client.destroy());
  return client;
}

class HttpsKubeClient implements KubeClient {
  readonly description: string;
  readonly lost: AbortSignal;
  readonly unfenced: KubeClient;
  readonly #scope: Scope;
  readonly #caller: Caller;
  #fence: Fence | undefined;

  constructor(scope: Scope, way: Way, caller?: Caller) {
    const { opener, access } = way;
    this.description = `${serverUrl(access)} through ${opener.description}`;
    this.lost = opener.lost ?? new AbortController().signal;
    this.#scope = scope;
    this.#caller = caller ?? new Caller(scope, way);
    this.unfenced = caller === undefined ? new HttpsKubeClient(scope, way, this.#caller) : this;
  }

  get fence(): Fence | undefined {
    return this.#fence;
  }

  raise(fence: Fence): void {
    if (this.unfenced === this) throw new Error('a client without a fence stays so');
    this.#fence = fence;
  }

  destroy(): void {
    this.#caller.destroy();
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
    return await this.#object<T>({ ...written(options), what, method: 'POST', path, body: marked(object) });
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
    using bound = this.#caller.bound(call);
    const answer = await this.#caller.head(call, bound);
    const stop = () => answer.destroy(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    answer.once('close', () => signal.removeEventListener('abort', stop));
    return answer;
  }

  async websocket(path: string, protocols: readonly string[], options: CallOptions = {}): Promise<WebSocket> {
    const call: Call = { ...options, what: describeCall('connect to', path), method: 'GET', path, fence: this.#fence };
    using bound = this.#caller.bound(call);
    return await this.#caller.websocket(call, protocols, bound);
  }

  async #object<T extends KubeObject>(call: Call): Promise<T> {
    const { text } = await this.#whole(call);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new InfraError(`${call.what}: the answer is not JSON: ${brief(text)}`, { cause });
    }
  }

  /** The answer to a request; when it was lost on the way, what the table of lost answers makes of it. */
  async #whole(asked: Call): Promise<KubeAnswer> {
    const call = isMutating(asked) ? { ...signed(asked, this.#fence), fence: this.#fence } : asked;
    using bound = this.#caller.bound(call);
    for (let lost: BrokenCall | undefined; ; ) {
      try {
        return await this.#caller.whole(call, bound);
      } catch (error) {
        const isLost = error instanceof BrokenCall;
        // The first try may have been carried out after we looked: then the second is refused because of it.
        if (!isLost && !(lost !== undefined && isRefusal(error, 404, 409))) throw call.fence?.hear(error) ?? error;
        const answer = await this.#found(call, bound, isLost ? error : lost);
        if (answer !== undefined) return answer;
        if (!isLost) throw error;
        lost = error;
      }
    }
  }

  /** The object that a lost request left, as its answer; undefined when the request is to be sent again. */
  async #found(call: Call, bound: Deadline, lost: BrokenCall | undefined): Promise<KubeAnswer | undefined> {
    const decision = lostAnswer(call);
    if (call.method === 'GET') throw lost;
    if (decision.kind === 'give up') {
      throw new InfraError(`${call.what}: the connection broke before the answer came: ${decision.why}`, {
        cause: lost,
        hint: 'look at the object on the cluster, then run again',
      });
    }
    if (decision.kind === 'send again') return undefined;
    const what = `${call.what}: look whether it was done`;
    try {
      const look: Call = { what, method: 'GET', path: decision.path };
      const found = await this.#caller.whole(look, bound);
      if (!decision.isDone(JSON.parse(found.text))) return undefined;
      this.#scope.log.detail(`${call.what}: done, although its answer was lost`);
      return found;
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
      return decision.isDone(undefined) ? { status: 200, headers: {}, text: '{}' } : undefined;
    }
  }
}

/** The request as ours: with our field manager, and the epoch on an object of ours that it writes as a whole. */
function signed(call: Call, fence: Fence | undefined): Call {
  const { method, query, body, contentType } = call;
  // A deletion knows no field manager.
  const own =
    method === 'DELETE' ? call : { ...call, query: { ...query, fieldManager: query?.fieldManager ?? FIELD_MANAGER } };
  const isWhole = method === 'POST' || method === 'PUT' || contentType === PATCH_TYPES.apply;
  return fence === undefined || !isWhole ? own : { ...own, body: stamped(body, fence) };
}

function stamped(body: unknown, { epoch, lease }: Fence): unknown {
  const { metadata } = (body ?? {}) as { readonly metadata?: ObjectMeta };
  if (metadata?.labels?.[RUN_LABEL] === undefined) return body;
  const annotations = { ...metadata.annotations, [EPOCH_ANNOTATION]: String(epoch), [LEASE_ANNOTATION]: lease };
  return { ...(body as KubeObject), metadata: { ...metadata, annotations } };
}

function written({ strict, fieldManager, dryRun, query, ...bounds }: WriteOptions): CallOptions {
  const parameters = {
    ...query,
    fieldManager: fieldManager ?? FIELD_MANAGER,
    ...(strict ? { fieldValidation: 'Strict' } : {}),
    ...(dryRun ? { dryRun: 'All' } : {}),
  };
  return { ...bounds, query: parameters };
}

/**
 * The object with a mark of this one request, by which it is known again when the answer is lost. One that leaves its
 * name to the server gets it here: what nobody knows the name of cannot be looked up. Questions stay as they are.
 */
function marked(object: KubeObject): KubeObject {
  const { name, generateName, annotations, ...metadata } = object.metadata ?? {};
  const own = name ?? (generateName === undefined ? undefined : `${generateName}${randomUUID().slice(0, 8)}`);
  if (own === undefined) return object;
  const mark = { ...annotations, [WRITE_ANNOTATION]: randomUUID() };
  return { ...object, metadata: { name: own, ...metadata, annotations: mark } };
}
