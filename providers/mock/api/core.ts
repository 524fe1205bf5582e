import type { Clock } from '../clock.ts';
import type { Director } from '../scenario/director.ts';
import type { Holds } from '../scenario/holds.ts';
import type { LiveFaults } from '../scenario/live-faults.ts';
import type { AuditSink } from './audit-event.ts';
import type { Authorizer } from './auth/authorize.ts';
import type { Tokens } from './auth/tokens.ts';
import type { Network } from './backends.ts';
import type { DelegatedVersion } from './delegated-discovery.ts';
import type { UserInfo } from './objects.ts';
import type { Registry } from './registry.ts';
import type { Store } from './store.ts';

/** Everything the handlers of one simulated API server share. */
export interface Core {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly director: Director;
  readonly holds: Holds;
  readonly faults: LiveFaults;
  /** Hears every stage of every request over the wire. */
  readonly audit: AuditSink | undefined;
  readonly network: Network;
  readonly tokens: Tokens;
  readonly authorizer: Authorizer;
  /** What extension servers say they serve, by the name of their APIService. */
  readonly delegated: Map<string, DelegatedVersion>;
  /** As /version tells it, e.g. `v1.32.3`. */
  readonly version: string;
  /** CIDR that ClusterIPs come from. */
  readonly serviceCidr: string;
}

/** A request on its way: who asks, and the warnings that its answer will carry. */
export interface Caller {
  readonly user: UserInfo;
  readonly userAgent: string;
  readonly warn: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The current time as objects carry it. */
export function timestamp(core: { readonly clock: Clock }): string {
  return rfc3339(core.clock.now());
}

/** Seconds precision, UTC. */
export function rfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
