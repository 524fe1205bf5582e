import type { ConnectionMoment, ConnectionRecord } from '../model/connection.ts';
import type { RoundTrips } from './round-trips.ts';
import type { SshSession, SshTransport } from './session.ts';

type Kind = ConnectionMoment['kind'];
type Named = Pick<SshTransport, 'name' | 'description'>;
type Traffic = SshSession['traffic'];

/** However long the run: more moments are thinned out. */
const MOMENTS_MAX = 80;

/** The life of a connection as the report tells it, bounded in size. */
export class Timeline {
  readonly #transport: Named;
  readonly #line: RoundTrips;
  #moments: readonly ConnectionMoment[] = [];
  #cuts = 0;
  #downMs = 0;
  /** Of the sessions that have ended. */
  #sent = 0;
  #received = 0;

  constructor(transport: Named, line: RoundTrips) {
    this.#transport = transport;
    this.#line = line;
  }

  /** Writes a moment down and gives it back with its time. */
  add(kind: Kind, details: Omit<ConnectionMoment, 'at' | 'kind'> = {}): ConnectionMoment {
    const moment = { at: new Date().toISOString(), kind, ...details };
    if (kind === 'cut') this.#cuts += 1;
    if (kind === 'reconnected' || kind === 'lost') this.#downMs += details.ms ?? 0;
    this.#moments = thinned([...this.#moments, moment]);
    return moment;
  }

  /** Counts the bytes of a session that has ended. */
  addTraffic({ sent, received }: Traffic): void {
    this.#sent += sent;
    this.#received += received;
  }

  /** The whole life so far; `live` is the traffic of the session that there is now. */
  record(live: Traffic | undefined): ConnectionRecord {
    const { summary } = this.#line;
    return {
      description: this.#transport.description,
      transport: this.#transport.name,
      moments: this.#moments,
      cuts: this.#cuts,
      downMs: Math.round(this.#downMs),
      ...(summary === undefined ? {} : { roundTripMs: summary }),
      bytesSent: this.#sent + (live?.sent ?? 0),
      bytesReceived: this.#received + (live?.received ?? 0),
    };
  }
}

/** Where there is no room, every second moment of the commonest kind goes; its first and its last stay. */
function thinned(moments: readonly ConnectionMoment[]): readonly ConnectionMoment[] {
  if (moments.length <= MOMENTS_MAX) return moments;
  const count = (kind: Kind) => moments.filter((moment) => moment.kind === kind).length;
  const commonest = moments.map(({ kind }) => kind).reduce((most, kind) => (count(kind) > count(most) ? kind : most));
  const last = count(commonest) - 1;
  let nth = -1;
  return moments.filter(({ kind }) => {
    if (kind !== commonest) return true;
    nth += 1;
    return nth % 2 === 0 || nth === last;
  });
}
