import { isPrivateKeyFile, publicHalf, publicKeyLine } from '../ssh/private-key.ts';
import type { Hop } from './hops.ts';
import { type EffectiveConfig, firstOf, saysYes, unlessNone } from './host-config.ts';
import type { Account, SshRequest } from './request.ts';
import { readSecretFile } from './secret-file.ts';
import { expandPath, type TokenMeanings } from './tokens.ts';

/** A key file that may be offered, as far as it can be read without its passphrase. */
export interface Identity {
  readonly path: string;
  /** The user named it with --ssh-key: it has to work. */
  readonly isNamed: boolean;
  /** Somebody named it: not one of the files that ssh looks for by itself. */
  readonly isChosen: boolean;
  readonly content?: Buffer;
  /** In wire format. */
  readonly publicKey?: Buffer;
  /** Why it cannot be read. */
  readonly refusal?: { readonly problem: string; readonly fix: string; readonly isAbsent?: boolean };
}

/** Which keys are for this host. */
export interface IdentityQuestion {
  readonly hop: Hop;
  readonly isNode: boolean;
  readonly request: SshRequest;
  readonly account: Account;
  readonly meanings: TokenMeanings;
}

/** The key files for a host, in the order of offering: those of --ssh-key, else those of ssh_config or ssh's own. */
export async function findIdentities(question: IdentityQuestion): Promise<readonly Identity[]> {
  const { hop, isNode, request, account, meanings } = question;
  const { config } = hop;
  const isChosen = config.isSet('identityfile');
  const named = isNode || !isChosen ? (request.keyFiles ?? []) : [];
  const told = named.length > 0 && isNode ? [] : (config.values.get('identityfile') ?? []);
  const paths = new Map(named.map((path) => [path, { isNamed: isNode, isChosen: true }]));
  const unexpanded: Identity[] = [];
  for (const value of told.filter((one) => one.toLowerCase() !== 'none')) {
    const expansion = expandPath(value, meanings);
    if ('text' in expansion && !paths.has(expansion.text)) paths.set(expansion.text, { isNamed: false, isChosen });
    if (!('problem' in expansion)) continue;
    const refusal = { problem: `IdentityFile ${expansion.problem}`, fix: 'write the path out' };
    unexpanded.push({ path: value, isNamed: false, isChosen, refusal });
  }
  const found = [...paths].map(([path, kind]) => readIdentity(path, kind, account));
  return [...(await Promise.all(found)), ...unexpanded];
}

async function readIdentity(
  path: string,
  kind: Pick<Identity, 'isNamed' | 'isChosen'>,
  account: Account,
): Promise<Identity> {
  const file = await readSecretFile(path, account, isPrivateKeyFile);
  const beside = async () => {
    const other = await readSecretFile(`${path}.pub`, { uid: -2 });
    return 'content' in other ? publicKeyLine(other.content) : undefined;
  };
  if (!('content' in file)) {
    const publicKey = (await publicFile(path)) ?? (await beside());
    return { path, ...kind, refusal: file, ...(publicKey === undefined ? {} : { publicKey }) };
  }
  // With an agent people name the public key: the private one may be nowhere on this machine.
  const publicKey = publicKeyLine(file.content) ?? publicHalf(file.content) ?? (await beside());
  return { path, ...kind, content: file.content, ...(publicKey === undefined ? {} : { publicKey }) };
}

/** A public key may be read by everybody. */
async function publicFile(path: string): Promise<Buffer | undefined> {
  const file = await readSecretFile(path, { uid: -2 });
  return 'content' in file ? publicKeyLine(file.content) : undefined;
}

/** The agent's socket: the user's own word, else IdentityAgent, else SSH_AUTH_SOCK; undefined when none is to be asked. */
export function agentSocket({ hop, request, meanings }: IdentityQuestion): AgentChoice | undefined {
  const { config } = hop;
  const ambient = meanings.env.SSH_AUTH_SOCK;
  if (request.agent === 'none') return undefined;
  if (request.agent !== undefined && request.agent !== ambient) return { socket: request.agent, isNamed: true };
  const told = firstOf(config, 'identityagent');
  if (told === undefined || told === 'SSH_AUTH_SOCK') {
    return ambient === undefined || ambient === '' ? undefined : { socket: ambient, isNamed: false };
  }
  if (unlessNone(config, 'identityagent') === undefined) return undefined;
  const variable = /^\$(?:\{(\w+)\}|(\w+))$/.exec(told);
  const name = variable?.[1] ?? variable?.[2];
  if (name !== undefined) {
    const socket = meanings.env[name];
    return socket === undefined || socket === '' ? undefined : { socket, isNamed: false };
  }
  const expansion = expandPath(told, meanings);
  return 'text' in expansion ? { socket: expansion.text, isNamed: false } : undefined;
}

/** An agent to ask; `isNamed`: by the user, so that it has to be there. */
export interface AgentChoice {
  readonly socket: string;
  readonly isNamed: boolean;
}

/** Whether no other keys than the named ones may be offered. */
export function isLimited(config: EffectiveConfig, request: SshRequest, isNode: boolean): boolean {
  return (isNode && request.keyFiles !== undefined) || saysYes(config, 'identitiesonly');
}
