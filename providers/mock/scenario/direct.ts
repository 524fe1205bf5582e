import type { Clock } from '../clock.ts';
import type { HostProfile } from '../physics/host.ts';
import type { ApiCall, ApiFault, ConnectionFault, ControllerScript, Director, GuestScript } from './director.ts';
import { drawFrom } from './draw.ts';
import type {
  ApiFaultRow,
  ConnectionFaultRow,
  ControllerFault,
  FilesFault,
  GuestFault,
  HostFault,
  Scenario,
  TimedFault,
} from './grammar.ts';
import { withFields } from './host-fields.ts';
import { type LiveFaults, readApiFault } from './live-faults.ts';
import { matchesPattern } from './pattern.ts';
import { isTimed, standingOf } from './standing.ts';
import { makeTrigger, type Trigger, type TriggerWorld } from './trigger.ts';

/** What a Director needs beside its scenario. `signal` ends its timers. */
export interface Direction {
  readonly seed: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears every event of the simulated host, in order. */
  readonly heard?: (event: string) => void;
}

/** Brings a scenario to life. Faults that strike the same thing: the first of an API request, the last of all else. */
export function direct(scenario: Scenario, { seed, clock, signal, heard }: Direction): Director & LiveFaults {
  const arm = <F extends TimedFault>(fault: F, index: number): Armed<F> => {
    // Each fault draws from a source of its own, so that one more request here changes nothing there.
    const world: TriggerWorld = { clock, signal, draw: drawFrom(seed + index * 7919) };
    return { fault, trigger: makeTrigger(fault.when, 'times' in fault ? fault.times : undefined, world) };
  };
  const armed = scenario.faults.filter(isTimed).map(arm);
  const live = new Map<number, Armed<ApiFaultRow>>();
  let added = 0;
  const hosts = lasting<HostFault>(armed, 'host');
  const files = lasting<FilesFault>(armed, 'files');
  const guests = lasting<GuestFault>(armed, 'guest');
  const controllers = lasting<ControllerFault>(armed, 'controller');
  const calls = about<ApiFaultRow>(armed, 'api');
  const connection = connectionFaults(about<ConnectionFaultRow>(armed, 'connection'));
  return {
    name: scenario.name,
    standing: () => standingOf(scenario),
    host: (profile) => hosts().reduce<HostProfile>((changed, fault) => withFields(changed, fault.host), profile),
    hostFile(path, content) {
      const fault = files().findLast((one) => path in one.files);
      return fault === undefined ? content : fault.files[path];
    },
    api: (call) => {
      const struck = [...calls, ...live.values()].find(
        ({ fault, trigger }) => matchesCall(fault, call) && trigger.strikes(),
      );
      return struck === undefined ? undefined : apiFault(struck.fault);
    },
    ...connection,
    guest(kind) {
      const name = kind === 'none' ? 'plain' : kind;
      const lies = guests().filter(({ guest }) => guest === 'all' || guest === name);
      return Object.assign({}, ...lies.map(guestScript)) as GuestScript;
    },
    controller(name, tag = '') {
      const scripts = controllers().filter(
        ({ controller, version = '*' }) => matchesPattern(controller, name) && matchesPattern(version, tag),
      );
      return Object.assign({}, ...scripts.map(controllerScript)) as ControllerScript;
    },
    happened(event) {
      heard?.(event);
      for (const { trigger } of [...armed, ...live.values()]) trigger.hear(event);
    },
    add(text) {
      const read = readApiFault(text);
      if ('problems' in read) return read;
      added += 1;
      live.set(added, arm(read.fault, scenario.faults.length + added));
      return { id: added };
    },
    remove(id) {
      if (id !== undefined) return live.delete(id) ? 1 : 0;
      const { size } = live;
      live.clear();
      return size;
    },
  };
}

interface Armed<F extends TimedFault = TimedFault> {
  readonly fault: F;
  readonly trigger: Trigger;
}

function about<F extends TimedFault>(all: readonly Armed[], subject: string): readonly Armed<F>[] {
  return all.filter((one): one is Armed<F> => subject in one.fault);
}

/** Faults that go on once they have begun. Whether chance spares one is drawn once. */
function lasting<F extends TimedFault>(all: readonly Armed[], subject: string): () => readonly F[] {
  const begun = new Map<Armed<F>, boolean>();
  const faults = about<F>(all, subject);
  for (const one of faults) one.trigger.whenArmed(() => begun.set(one, one.trigger.strikes()));
  return () => faults.filter((one) => begun.get(one)).map(({ fault }) => fault);
}

/** Faults of single connections are drawn when a client connects; the others strike the server as a whole, once. */
function connectionFaults(faults: readonly Armed<ConnectionFaultRow>[]): Pick<Director, 'connection' | 'onConnect'> {
  const single = faults.filter(({ fault }) => strikesSingly(fault));
  const whole = faults.filter(({ fault }) => !strikesSingly(fault));
  return {
    connection(listener) {
      let listening = true;
      for (const { fault, trigger } of whole) {
        trigger.whenArmed(() => {
          if (listening && trigger.strikes()) listener(connectionFault(fault));
        });
      }
      return () => {
        listening = false;
      };
    },
    onConnect() {
      const struck = single.find(({ trigger }) => trigger.strikes());
      return struck === undefined ? undefined : connectionFault(struck.fault);
    },
  };
}

function strikesSingly({ connection, when, times }: ConnectionFaultRow): boolean {
  // A key is shown in the handshake only.
  if (connection === 'wrong-key') return true;
  const { event, afterMs, nth, chance } = when === undefined || when === 'at once' ? ({} as const) : when;
  const waits = event !== undefined || afterMs !== undefined;
  if (connection === 'refuse') return times !== undefined || (!waits && (nth !== undefined || chance !== undefined));
  // Before anything has happened there is no connection yet that could be cut or frozen.
  return !waits;
}

function connectionFault(fault: ConnectionFaultRow): ConnectionFault {
  if (fault.connection === 'wrong-key') return { do: 'wrong-key' };
  const forMs = inMs(fault.forMs);
  const lasts = forMs === undefined ? {} : { forMs };
  if (fault.connection === 'refuse') return { do: 'refuse', ...lasts };
  const late = fault.afterBytes === undefined ? {} : { afterBytes: fault.afterBytes };
  return { do: fault.connection, ...late, ...lasts };
}

function inMs(forMs: number | 'forever' | undefined): number | undefined {
  return forMs === 'forever' ? Number.POSITIVE_INFINITY : forMs;
}

function matchesCall({ api }: ApiFaultRow, call: ApiCall): boolean {
  return (Object.keys(api) as (keyof typeof api)[]).every((field) => {
    const wanted = api[field];
    const patterns = typeof wanted === 'string' ? [wanted] : (wanted ?? ['*']);
    return patterns.some((one) => matchesPattern(one, call[field]));
  });
}

function apiFault(fault: ApiFaultRow): ApiFault {
  switch (fault.answer) {
    case 'status': {
      const { status, reason, message, retryAfterSeconds } = fault;
      return withoutUndefined({ do: 'status', status, reason, message, retryAfterSeconds });
    }
    case 'throttled':
      return {
        do: 'status',
        status: 429,
        reason: 'TooManyRequests',
        message: 'the server has received too many requests and has asked us to try again later',
        retryAfterSeconds: fault.retryAfterSeconds ?? 1,
      };
    case 'delay':
      return { do: 'delay', ms: fault.ms };
    case 'cut':
      return withoutUndefined({ do: 'cut', afterBytes: fault.afterBytes });
    case 'hold':
      return withoutUndefined({ do: 'hold', side: fault.side, forMs: inMs(fault.forMs) });
    case 'stale':
      return { do: 'stale', byVersions: fault.byVersions };
    case 'expired':
      return { do: 'expire' };
  }
}

function guestScript({ when: _when, guest: _guest, ...script }: GuestFault): object {
  return script;
}

function controllerScript({
  when: _when,
  controller: _controller,
  version: _version,
  ...script
}: ControllerFault): object {
  return script;
}

function withoutUndefined<T extends object>(fault: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== undefined)) as T;
}
