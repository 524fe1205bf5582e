/** The outcome of reading one setting's text: a value, or what is wrong with it and what would be right. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: string; readonly fix: string };

/**
 * One row of the settings table: behind it stand the flag `--<key>`, the key of sevlane.yaml, the environment
 * variable `SEVLANE_<KEY>` and the names in `env`, in that order of precedence after the flag.
 */
export interface Setting<Value = unknown> {
  /** Flag without dashes and key of the file, e.g. `ssh-key`. */
  readonly key: string;
  /** Further environment names, e.g. KubeVirt's own. */
  readonly env?: readonly string[];
  /** The placeholder in the help, e.g. `FILE`; absent for a switch that takes no value. */
  readonly valueName?: string;
  /** A list: a flag that comes twice adds to it, in place of the last one counting alone. */
  readonly repeats?: true;
  /** Of a path: other words that it takes, e.g. `none`, which are left as they are. */
  readonly noPath?: RegExp;
  /** Of a setting that takes other things too: which of its texts are paths. Those become absolute before they are read. */
  readonly path?: RegExp;
  /** Reads the text. Pure: no file is opened here. */
  readonly parse: (text: string) => Parsed<Value>;
  /** Default as text; absent means unset. */
  readonly default?: string;
  readonly help: string;
  /** Heading under which help and README show it. */
  readonly group: string;
  /** True: the value is never printed. */
  readonly secret?: boolean;
}

/** Where a setting's value came from, for `sevlane config`. */
export type SettingOrigin = 'flag' | 'env' | 'file' | 'default' | 'unset';

/** One setting as resolved. */
export interface ResolvedSetting {
  readonly key: string;
  readonly value: unknown;
  readonly text: string;
  readonly origin: SettingOrigin;
  /** `--ssh`, `SEVLANE_SSH`, `sevlane.yaml:3`, ... */
  readonly place: string;
}

/** One mistake in the settings: where it stands, what is wrong, what to do. */
export interface SettingProblem {
  readonly place: string;
  readonly problem: string;
  readonly fix: string;
}
