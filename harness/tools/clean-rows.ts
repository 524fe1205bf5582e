import type { Parsed, Setting } from '../model/setting.ts';

const isOn = (text: string): Parsed<boolean> => ({ value: text.trim() !== 'false' });

/** The rows of `sevlane clean`. */
export const CLEAN_ROWS: readonly Setting[] = [
  { key: 'dry-run', group: 'Clean', parse: isOn, help: 'only list what would be taken away' },
  {
    key: 'run',
    valueName: 'ID',
    group: 'Clean',
    parse: (text) =>
      /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text.trim())
        ? { value: text.trim() }
        : { problem: `"${text}" is no id of a run`, fix: 'copy it from the list of sevlane clean --dry-run' },
    help: 'only what this run left',
  },
  {
    key: 'all',
    group: 'Clean',
    parse: isOn,
    help: 'any KubeVirt too, whoever installed it, with its guests and whatever remains of it, and what fences runs; asks, or needs --yes',
  },
  { key: 'yes', group: 'Clean', parse: isOn, help: 'asks nothing: that --all is meant is known' },
];
