import type { SshName } from './request.ts';

/** What is in effect for one host, by keyword in lower case, as `ssh -G` tells it or as read from the files. */
export interface EffectiveConfig {
  /** The values of a keyword; none when it is not set. Lists such as UserKnownHostsFile have one value a file. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Where a keyword was set: `file:line`, or the name of the configuration when that cannot be told. */
  placeOf(keyword: string): string;
  /** Whether the user set it, as far as that can be told from what is in effect. */
  isSet(keyword: string): boolean;
  /** True: ssh itself told it, and has canonicalized the name if that was asked for. */
  readonly isToldBySsh: boolean;
}

/**
 * Says what is in effect for a name and the user and port that were written with it. `led`: the hosts before it, when
 * they are told, so that its own ProxyJump and ProxyCommand do not count.
 */
export type ConfigReader = (name: SshName, led: string | undefined) => Promise<EffectiveConfig>;

/** The first value. */
export function firstOf(config: EffectiveConfig, keyword: string): string | undefined {
  return config.values.get(keyword)?.[0];
}

/** Whether a yes-or-no keyword says yes, in either of ssh's spellings. */
export function saysYes(config: EffectiveConfig, keyword: string): boolean {
  return /^(yes|true)$/i.test(firstOf(config, keyword) ?? '');
}

/** The value, unless it is absent or `none`. */
export function unlessNone(config: EffectiveConfig, keyword: string): string | undefined {
  const value = firstOf(config, keyword);
  return value === undefined || value.toLowerCase() === 'none' ? undefined : value;
}
