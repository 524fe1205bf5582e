/** One request as the server saw it. */
export interface LoggedRequest {
  readonly at: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  readonly user: string;
  readonly userAgent: string;
  readonly status: number;
  /** Of the client's end of the connection. */
  readonly remotePort: number | undefined;
}

/** What clients have asked over the wire, so that tests can count it. */
export interface RequestLog {
  readonly all: readonly LoggedRequest[];
  /** How many requests each user and user agent has made. */
  counts(): readonly { readonly user: string; readonly userAgent: string; readonly count: number }[];
  add(request: LoggedRequest): void;
}

// Far above what any run asks, and little enough to keep.
const KEPT = 100_000;

/** Opens an empty log. */
export function openRequestLog(): RequestLog {
  const all: LoggedRequest[] = [];
  const counted = new Map<string, number>();
  return {
    all,
    counts: () =>
      [...counted].map(([key, count]) => {
        const [user = '', userAgent = ''] = JSON.parse(key) as string[];
        return { user, userAgent, count };
      }),
    add(request) {
      const key = JSON.stringify([request.user, request.userAgent]);
      counted.set(key, (counted.get(key) ?? 0) + 1);
      if (all.length >= KEPT) all.shift();
      all.push(request);
    },
  };
}
