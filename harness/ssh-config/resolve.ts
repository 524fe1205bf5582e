import type { SshTarget } from '../model/host.ts';
import type { SettingProblem } from '../model/setting.ts';
import { accountOf } from './account.ts';
import { chosenAlgorithms } from './algorithms.ts';
import { findHops, type Hop } from './hops.ts';
import { type EffectiveConfig, firstOf, unlessNone } from './host-config.ts';
import { hostKeyPolicy } from './host-keys.ts';
import { findIdentities } from './identities.ts';
import { findLogins } from './logins.ts';
import { type OpensshCall, opensshProblems, opensshTarget, wordsByHand } from './openssh.ts';
import { openPassphrases } from './passphrases.ts';
import { SshProblems } from './problems.ts';
import { openConfigReader, opensshProgram } from './reader.ts';
import { passedOver, refusedSettings, uncheckedHosts } from './refusals.ts';
import type { Account, SshRequest, SshResolution, SshSurroundings } from './request.ts';
import type { TokenMeanings } from './tokens.ts';

/**
 * Turns what the user wrote, and what ssh_config, agent and keys say to it, into the one thing that a transport needs:
 * every host on the way with its address, credentials, host key policy and choices. Opens no connection to any host.
 */
export async function resolveSshTarget(request: SshRequest, surroundings: SshSurroundings): Promise<SshResolution> {
  try {
    const account = surroundings.account ?? accountOf(surroundings.own.environment);
    const read = await openConfigReader(request, surroundings, account);
    const hops = await findHops({ name: request.name, jumps: request.jumps, account }, read);
    const way = { request, surroundings, account };
    return request.transport === 'openssh' ? await forOpenssh(hops, way) : await forBuiltin(hops, way);
  } catch (error) {
    if (error instanceof SshProblems) return { problems: error.problems };
    throw error;
  }
}

interface Way {
  readonly request: SshRequest;
  readonly surroundings: SshSurroundings;
  readonly account: Account;
}

async function forBuiltin(hops: readonly Hop[], way: Way): Promise<SshResolution> {
  const grounds = await Promise.all(
    hops.map((hop, index) =>
      groundOf(hop, {
        ...way,
        isNode: index === hops.length - 1,
        byHand: wordsByHand(hops.slice(0, index + 1), way.request),
        via: wordsByHand(hops.slice(0, index), way.request),
      }),
    ),
  );
  const problems = grounds.flatMap((ground) => ground.problems);
  const { ask } = way.surroundings;
  // Who cannot be reached anyway is not asked for a passphrase.
  const surroundings =
    problems.length > 0 && ask !== undefined ? { ...way.surroundings, ask: 'later' as const } : way.surroundings;
  const passphrases = await openPassphrases(way.request, surroundings, way.account);
  if (passphrases.problem !== undefined) problems.push({ place: '--ssh-passphrase-file', ...passphrases.problem });
  const notes: string[] = [];
  const targets: SshTarget[] = [];
  // One after the other: only one question can be asked at a time.
  for (const { hop, meanings, isNode, target, ...ground } of grounds) {
    const logins = await findLogins({ hop, isNode, meanings, passphrases, ...way, surroundings });
    targets.push({ ...target, auth: logins.auth });
    problems.push(...logins.problems);
    notes.push(...ground.notes, ...logins.notes);
  }
  return finish(targets, problems, notes);
}

/** Everything about a host but how to log in there. */
async function groundOf(
  hop: Hop,
  way: Way & { readonly isNode: boolean; readonly byHand: readonly string[]; readonly via: readonly string[] },
) {
  const { host, port, user, config } = hop;
  const { request, surroundings, isNode } = way;
  const meanings = meaningsFor(hop, way);
  const keys = await hostKeyPolicy({ hop, isNode, meanings, via: way.via }, request, surroundings.ask !== undefined);
  const { algorithms, problems } = chosenAlgorithms(config);
  const target: Omit<SshTarget, 'auth'> = {
    host,
    port,
    user,
    ...aliasOf(hop),
    hostKeys: keys.policy,
    byHand: way.byHand,
    ...(algorithms === undefined ? {} : { algorithms }),
    ...timesOf(config),
  };
  return {
    hop,
    isNode,
    meanings,
    target,
    problems: [...refusedSettings(hop), ...problems, ...keys.problems],
    notes: passedOver(config),
  };
}

async function forOpenssh(hops: readonly Hop[], way: Way): Promise<SshResolution> {
  const { request, surroundings } = way;
  const program = await opensshProgram(surroundings);
  const problems = await opensshProblems(way, program);
  const notes = hops.flatMap(({ config }) => uncheckedHosts(config));
  const node = hops.at(-1);
  const targets: SshTarget[] = [];
  const keysOnTheWay = await keysForJumps(hops.slice(0, -1), way);
  for (const [index, hop] of hops.entries()) {
    const meanings = meaningsFor(hop, way);
    const via = wordsByHand(hops.slice(0, index), request);
    const question = { hop, isNode: hop === node, meanings, via };
    const keys = await hostKeyPolicy(question, request, surroundings.ask !== undefined);
    const { host, port, user } = hop;
    const call = { program: program ?? 'ssh', hop, keysOnTheWay };
    const openssh = hop === node ? { openssh: opensshTarget(call, way) } : {};
    const byHand = wordsByHand(hops.slice(0, index + 1), request);
    const rest = { byHand, ...timesOf(hop.config), ...openssh };
    targets.push({ host, port, user, ...aliasOf(hop), auth: [], hostKeys: keys.policy, ...rest });
  }
  return finish(targets, problems, notes);
}

function aliasOf({ name, host }: Hop): Pick<SshTarget, 'alias'> {
  return name.host === host ? {} : { alias: name.host };
}

/** The key files of hosts in between for which ssh_config names none: those of --ssh-key, then ssh's own. */
async function keysForJumps(jumps: readonly Hop[], way: Way): Promise<OpensshCall['keysOnTheWay']> {
  const { request, account } = way;
  if (request.keyFiles === undefined) return [];
  const open = jumps.filter(({ config }) => !config.isSet('identityfile'));
  return await Promise.all(
    open.map(async (hop) => {
      const found = await findIdentities({ hop, isNode: false, request, account, meanings: meaningsFor(hop, way) });
      const files = found.filter(({ refusal }) => refusal?.isAbsent !== true).map(({ path }) => path);
      return { host: hop.name.host, files };
    }),
  );
}

function finish(
  targets: readonly SshTarget[],
  problems: readonly SettingProblem[],
  notes: readonly string[],
): SshResolution {
  const node = targets.at(-1);
  if (problems.length > 0 || node === undefined) return { problems: uniqueProblems(problems) };
  const jumps = targets.slice(0, -1);
  return { target: { ...node, ...(jumps.length === 0 ? {} : { jumps }) }, notes: [...new Set(notes)] };
}

function uniqueProblems(problems: readonly SettingProblem[]): readonly SettingProblem[] {
  return [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()];
}

function meaningsFor({ name, host, port, user, config }: Hop, { account, surroundings }: Way): TokenMeanings {
  return {
    account,
    env: surroundings.own.environment,
    name: name.host,
    hostName: host,
    port,
    user,
    hostKeyAlias: unlessNone(config, 'hostkeyalias'),
    proxyJump: unlessNone(config, 'proxyjump'),
  };
}

/** ServerAliveInterval 0 means never. */
function timesOf(config: EffectiveConfig): Pick<SshTarget, 'connectWithinMs' | 'serverAlive'> {
  const connectS = Number(unlessNone(config, 'connecttimeout') ?? 0);
  const aliveS = Number(unlessNone(config, 'serveraliveinterval') ?? 0);
  const countMax = Number(firstOf(config, 'serveralivecountmax') ?? 3);
  return {
    ...(connectS > 0 ? { connectWithinMs: connectS * 1000 } : {}),
    ...(aliveS > 0 ? { serverAlive: { intervalMs: aliveS * 1000, countMax } } : {}),
  };
}
