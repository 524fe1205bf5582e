import { stat } from 'node:fs/promises';
import type { HostKeyPolicy } from '../model/host.ts';
import type { SettingProblem } from '../model/setting.ts';
import { keyscanCommand } from '../ssh/host-key-commands.ts';
import type { Hop } from './hops.ts';
import { type EffectiveConfig, firstOf, unlessNone } from './host-config.ts';
import type { SshRequest } from './request.ts';
import { expandPath, type TokenMeanings } from './tokens.ts';

/** How a host has to prove who it is, and what is wrong with that. */
export interface PolicyReading {
  readonly policy: HostKeyPolicy;
  readonly problems: readonly SettingProblem[];
}

/** Whose policy is read. */
export interface PolicyQuestion {
  readonly hop: Hop;
  readonly isNode: boolean;
  readonly meanings: TokenMeanings;
  /** The words after `ssh` that lead to the host before it; none: it is reached from here. */
  readonly via: readonly string[];
}

/** Reads the policy for one host; a pinned fingerprint is the node's only. */
export async function hostKeyPolicy(
  { hop, isNode, meanings, via }: PolicyQuestion,
  request: SshRequest,
  canAsk: boolean,
): Promise<PolicyReading> {
  const { config } = hop;
  const problems: SettingProblem[] = [];
  const expand = (keyword: string) =>
    namedFiles(config, keyword).flatMap((file) => {
      const expansion = expandPath(file, meanings);
      if ('text' in expansion) return [expansion.text];
      problems.push({ place: config.placeOf(keyword), problem: expansion.problem, fix: 'write the path out' });
      return [];
    });
  const knownHostsFiles = request.knownHostsFiles ?? [
    ...expand('userknownhostsfile'),
    ...expand('globalknownhostsfile'),
  ];
  const mode = checkingMode(config, request, canAsk);
  const alias = unlessNone(config, 'hostkeyalias');
  const pinned = isNode ? request.pinnedHostKey : undefined;
  if (request.hostKeyChecking === 'ask' && !canAsk && isNode) {
    const fix = 'use accept-new, or give a file that knows the host: --ssh-known-hosts FILE';
    problems.push({ place: '--ssh-host-key-checking', problem: 'there is no terminal to ask at', fix });
  }
  if (mode === 'yes' && pinned === undefined)
    problems.push(...(await unknowable({ hop, via, alias }, knownHostsFiles)));
  return {
    policy: {
      knownHostsFiles,
      mode,
      ...(alias === undefined ? {} : { alias }),
      ...(pinned === undefined ? {} : { pinned }),
      ...(isAnyKeyWanted(config) ? { isAnyKeyWanted: true as const } : {}),
    },
    problems,
  };
}

/** Whether StrictHostKeyChecking says not to check. */
export function isAnyKeyWanted(config: EffectiveConfig): boolean {
  return /^(no|off|false)$/i.test(firstOf(config, 'stricthostkeychecking') ?? '');
}

/** `no` and `off` count as `yes`; OpenSSH's default `ask` too, unless somebody wrote it and somebody can be asked. */
export function checkingMode(
  config: EffectiveConfig,
  { hostKeyChecking }: Pick<SshRequest, 'hostKeyChecking'>,
  canAsk: boolean,
): 'yes' | 'accept-new' | 'ask' {
  const told = hostKeyChecking ?? firstOf(config, 'stricthostkeychecking')?.toLowerCase();
  if (told === 'accept-new') return told;
  const isMeant = hostKeyChecking !== undefined || config.isSet('stricthostkeychecking');
  return told === 'ask' && isMeant && canAsk ? 'ask' : 'yes';
}

function namedFiles(config: EffectiveConfig, keyword: string): readonly string[] {
  return (config.values.get(keyword) ?? []).filter((file) => file.toLowerCase() !== 'none');
}

/** Where no file exists no host can be known: that need not wait for a connection. */
async function unknowable(
  { hop, via, alias }: Pick<PolicyQuestion, 'hop' | 'via'> & { readonly alias: string | undefined },
  files: readonly string[],
): Promise<readonly SettingProblem[]> {
  const exist = await Promise.all(files.map(async (file) => await stat(file).then(() => true, codeIsNotAbsent)));
  if (exist.includes(true)) return [];
  const { host, port } = hop;
  const keyscan = keyscanCommand({ host, port, alias, via, file: files[0] ?? '~/.ssh/known_hosts' });
  return [
    {
      place: '--ssh-known-hosts',
      problem: `none of the known_hosts files exists: ${files.join(', ') || 'no file is named'}`,
      fix: `${keyscan}, and compare the fingerprint with the host's own`,
    },
  ];
}

function codeIsNotAbsent(error: unknown): boolean {
  return !(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'));
}
