import { generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Director } from '../scenario/director.ts';
import { type Holds, openHolds } from '../scenario/holds.ts';
import type { LiveFaults } from '../scenario/live-faults.ts';
import { keepApiServices } from './api-services.ts';
import { type AuditedRequest, received } from './audit.ts';
import type { AuditSink } from './audit-event.ts';
import { openAuthorizer } from './auth/authorize.ts';
import { openTokens, type StaticToken } from './auth/tokens.ts';
import type { Network } from './backends.ts';
import { bootstrap } from './bootstrap.ts';
import type { Core } from './core.ts';
import { serveCustomResources } from './crds.ts';
import { builtinTypes } from './kinds/builtin-types.ts';
import { handle } from './pipeline.ts';
import { openRegistry } from './registry.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { openRequestLog, type RequestLog } from './request-log.ts';
import { openStore, type Store } from './store.ts';

/** What a simulated API server is made of. */
export interface ApiOptions {
  readonly clock: Clock;
  readonly director: Director;
  readonly network: Network;
  /** Where requests stand still; default: a place of which nobody hears. */
  readonly holds?: Holds;
  /** Takes faults while the server runs; without it they are refused. */
  readonly faults?: LiveFaults;
  /** Hears every stage of every request over the wire. */
  readonly audit?: AuditSink;
  /** As /version tells it, e.g. `v1.32.3`. */
  readonly version: string;
  /** PEM key (P-256) that signs service account tokens; default: one of its own. */
  readonly serviceAccountKey?: string;
  readonly staticTokens?: readonly StaticToken[];
  /** How many changes watches and exact lists can look back; default 20000. */
  readonly historyWindow?: number;
  /** Default 10.96.0.0/16. */
  readonly serviceCidr?: string;
}

/** A simulated API server without its wire. */
export interface Api {
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** Notes a request over the wire as soon as its head is there; undefined when nobody wants an audit trail. */
  received(request: ApiRequest): AuditedRequest | undefined;
  readonly store: Store;
  readonly core: Core;
  /** Every request over the wire. */
  readonly requests: RequestLog;
  /** Stops what the server does on its own. Stored objects stay readable. */
  stop(): void;
}

/** Opens an API server with the namespaces and roles that a new cluster has. */
export function openApi(options: ApiOptions): Api {
  const { clock, director, network, version, historyWindow = 20_000, serviceCidr = '10.96.0.0/16' } = options;
  const store = openStore(historyWindow);
  const key = options.serviceAccountKey ?? newKey();
  const core: Core = {
    store,
    clock,
    director,
    holds: options.holds ?? openHolds(() => {}),
    faults: options.faults ?? { add: () => ({ problems: ['this server takes no faults'] }), remove: () => 0 },
    audit: options.audit,
    network,
    version,
    serviceCidr,
    registry: openRegistry(builtinTypes(version)),
    tokens: openTokens(store, clock, { key, statics: options.staticTokens ?? [] }),
    authorizer: openAuthorizer(store),
    delegated: new Map(),
  };
  bootstrap(core);
  const stops = [serveCustomResources(core), keepApiServices(core)];
  const requests = openRequestLog();
  return {
    store,
    core,
    requests,
    handle: (request) => handle(core, requests, request),
    received: (request) => received(core, request),
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
