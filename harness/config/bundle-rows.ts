import type { Setting } from '../model/setting.ts';
import { duration } from './parsers.ts';

/** What is kept of a failure; docs/bundles.md says how to read it. */
export const BUNDLE_ROWS = {
  'bundle-timeout': {
    group: 'Report',
    valueName: 'TIME',
    parse: duration(0),
    default: '45s',
    help: 'how long logs, objects and host state may be collected for each failure; 0 keeps none',
  },
} as const satisfies Readonly<Record<string, Omit<Setting, 'key'>>>;
