import type { Setting } from '../model/setting.ts';
import { duration, onOff } from './parsers.ts';

/** How a run leaves. */
export const LEAVE_ROWS = {
  keep: {
    group: 'Leaving',
    parse: onOff,
    default: 'false',
    help: 'leave KubeVirt in the cluster and say how to look inside; the next run, or sevlane clean, takes it away',
  },
  'keep-on-failure': {
    group: 'Leaving',
    parse: onOff,
    default: 'false',
    help: 'the same when something failed, with the guests that failed',
  },
  'undo-grace': {
    group: 'Leaving',
    valueName: 'TIME',
    parse: duration(1000),
    help: "time from the first signal to the kill, into which all undoing has to fit; default: the Prow job's grace_period, else undo-timeout",
  },
} as const satisfies Readonly<Record<string, Omit<Setting, 'key'>>>;
