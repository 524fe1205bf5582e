import type { Clock } from '../clock.ts';
import type { Director } from '../scenario/director.ts';
import type { Network } from './backends.ts';
import { bootstrap } from './bootstrap.ts';
import type { Caller, Core } from './core.ts';
import { answerResource } from './handle.ts';
import type { UserInfo } from './objects.ts';
import { openRegistry } from './registry.ts';
import { type ApiRequest, type ApiResponse, header, requestInfo } from './request.ts';
import { ApiError, internalError, noSuchResource } from './status.ts';
import { openStore, type Store } from './store.ts';
import { builtinTypes } from './type-functions.ts';

/** What a simulated API server is made of. */
export interface ApiOptions {
  readonly clock: Clock;
  readonly director: Director;
  readonly network: Network;
  /** As /version tells it, e.g. `v1.32.3`. */
  readonly version: string;
  /** How many changes watches and exact lists can look back; default 20000. */
  readonly historyWindow?: number;
  /** Default 10.96.0.0/16. */
  readonly serviceCidr?: string;
}

/** A simulated API server without its wire. */
export interface Api {
  handle(request: ApiRequest): Promise<ApiResponse>;
  readonly store: Store;
  readonly core: Core;
}

/** Opens an API server with the namespaces and roles that a new cluster has. */
export function openApi(options: ApiOptions): Api {
  const { clock, director, network, version, historyWindow = 20_000, serviceCidr = '10.96.0.0/16' } = options;
  const store = openStore(historyWindow);
  const registry = openRegistry(builtinTypes());
  const core: Core = { store, registry, clock, director, network, version, serviceCidr, tokens: { issuer: '' } };
  bootstrap(core);
  return { store, core, handle: (request) => handle(core, request) };
}

async function handle(core: Core, request: ApiRequest): Promise<ApiResponse> {
  const warnings: string[] = [];
  try {
    const user: UserInfo =
      request.identity.by === 'trusted' ? request.identity.user : { username: 'system:anonymous', groups: [] };
    const caller: Caller = {
      user,
      userAgent: header(request, 'user-agent') ?? '',
      warn: (text) => void warnings.push(text),
      signal: request.signal,
    };
    const info = requestInfo(request.method, request.path);
    if (!info.resourceRequest) throw noSuchResource();
    const type = core.registry.find(info.group, info.version, info.resource);
    if (type === undefined) throw noSuchResource();
    return await answerResource({ core, caller, request, info, type, staleBy: 0 });
  } catch (error) {
    const refusal = error instanceof ApiError ? error : internalError(String((error as Error).stack));
    return { type: 'object', status: refusal.status, headers: refusal.headers, body: refusal.body };
  }
}
