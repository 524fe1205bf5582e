/** One moment in the life of the connection to the node, for the timeline of the report. */
export interface ConnectionMoment {
  /** ISO 8601. */
  readonly at: string;
  /**
   * `connected` is the first time; `cut` a loss that may still heal; `reconnected` its healing; `lost` is final;
   * `closed` our own goodbye; `slow` a stall that was lived through; `measured` a round trip now and then.
   */
  readonly kind: 'connected' | 'cut' | 'reconnected' | 'lost' | 'closed' | 'slow' | 'measured';
  /** What was seen, in words. */
  readonly saw?: string;
  /** Of `reconnected` and `lost`: how long there was no connection. Of `slow`: how long nothing was heard. */
  readonly ms?: number;
  readonly roundTripMs?: number;
}

/** The connection over the whole run. */
export interface ConnectionRecord {
  /** `user@host:port`, with the hosts in between. */
  readonly description: string;
  readonly transport: 'ssh2' | 'openssh';
  /** The first and the last of each kind are always there; the rest as far as there is room. */
  readonly moments: readonly ConnectionMoment[];
  readonly cuts: number;
  /** Milliseconds without a connection, all cuts together. */
  readonly downMs: number;
  readonly roundTripMs?: { readonly median: number; readonly worst: number };
  readonly bytesSent: number;
  readonly bytesReceived: number;
}
