import type { SshAuth } from '../model/host.ts';
import type { SettingProblem } from '../model/setting.ts';
import { agentKeys } from './agent.ts';
import { firstOf } from './host-config.ts';
import { agentSocket, findIdentities, type Identity, type IdentityQuestion, isLimited } from './identities.ts';
import type { Passphrases } from './passphrases.ts';
import type { SshSurroundings } from './request.ts';
import { readSecretFile, secretLine } from './secret-file.ts';

/** The ways to log in on one host, what is wrong with them, and what has to be said once. */
export interface Logins {
  readonly auth: readonly SshAuth[];
  readonly problems: readonly SettingProblem[];
  readonly notes: readonly string[];
}

interface Gathering {
  readonly auth: SshAuth[];
  readonly problems: SettingProblem[];
  readonly notes: string[];
  /** What could not be offered, and why. */
  readonly asides: { readonly problem: string; readonly fix: string }[];
  /** A person will type something. */
  isLater: boolean;
}

/** What is needed to log in somewhere. */
export interface LoginQuestion extends IdentityQuestion {
  readonly surroundings: SshSurroundings;
  readonly passphrases: Passphrases;
}

/**
 * Gathers what can be offered, in OpenSSH's order: keys that the agent holds and that are named, its other keys, key
 * files, then a password. A key that the agent holds needs no passphrase.
 */
export async function findLogins(question: LoginQuestion): Promise<Logins> {
  const { hop, isNode, request } = question;
  const gathering: Gathering = { auth: [], problems: [], notes: [], asides: [], isLater: false };
  const wantsKeys = !/^(no|false)$/i.test(firstOf(hop.config, 'pubkeyauthentication') ?? '');
  if (wantsKeys || request.keyFiles !== undefined) await addKeys(gathering, question);
  else gathering.asides.push({ problem: 'PubkeyAuthentication is no', fix: 'give a key: --ssh-key FILE' });
  if (isNode && request.passwordFile !== undefined) await addPasswordFile(gathering, request.passwordFile, question);
  const { auth, problems, notes, asides } = gathering;
  if (auth.length === 0 && problems.length === 0 && !gathering.isLater) await addAskedPassword(gathering, question);
  if (auth.length === 0 && problems.length === 0 && !gathering.isLater)
    return { auth, problems: nothing(gathering, question), notes };
  return { auth, problems, notes: [...notes, ...asides.map(({ problem }) => problem)] };
}

async function addKeys(gathering: Gathering, question: LoginQuestion): Promise<void> {
  const { hop, isNode, request, passphrases } = question;
  const identities = await findIdentities(question);
  const held = await heldKeys(gathering, question);
  const isHeld = ({ publicKey }: Identity) => held.keys.some((key) => publicKey !== undefined && key.equals(publicKey));
  addAgent(gathering.auth, held, {
    wanted: identities.filter(isHeld).flatMap(({ publicKey }) => publicKey ?? []),
    isLimited: isLimited(hop.config, request, isNode),
  });
  for (const identity of identities.filter((one) => !isHeld(one))) {
    const { path, content, refusal, isNamed, isChosen } = identity;
    if (content === undefined) {
      const isMissed = isNamed || isChosen || refusal?.isAbsent !== true;
      if (refusal !== undefined && isMissed) setAside(gathering, identity, refusal);
      continue;
    }
    const unlocking = await passphrases.unlock(content, path);
    if (unlocking.kind === 'shut') setAside(gathering, identity, unlocking);
    else if (unlocking.kind === 'later') gathering.isLater = true;
    else {
      const { passphrase } = unlocking;
      gathering.auth.push({
        kind: 'key',
        path,
        privateKey: content,
        ...(passphrase === undefined ? {} : { passphrase }),
      });
    }
  }
}

function setAside({ problems, asides }: Gathering, { isNamed }: Identity, why: { problem: string; fix: string }): void {
  const { problem, fix } = why;
  if (isNamed) problems.push({ place: '--ssh-key', problem, fix });
  else asides.push({ problem, fix });
}

interface Held {
  readonly socket: string;
  readonly keys: readonly Buffer[];
}

async function heldKeys(gathering: Gathering, question: LoginQuestion): Promise<Held> {
  const agent = agentSocket(question);
  if (agent === undefined) return { socket: '', keys: [] };
  const keys = await agentKeys(agent.socket, question.surroundings.signal);
  if (!(keys instanceof Error)) return { socket: agent.socket, keys };
  const problem = `the ssh-agent at ${agent.socket} cannot be asked: ${keys.message}`;
  const fix = 'start one, or write --ssh-agent none';
  if (agent.isNamed) gathering.problems.push({ place: '--ssh-agent', problem, fix });
  else gathering.asides.push({ problem, fix });
  return { socket: agent.socket, keys: [] };
}

function addAgent(
  auth: SshAuth[],
  { socket, keys }: Held,
  { wanted, isLimited: limited }: { readonly wanted: readonly Buffer[]; readonly isLimited: boolean },
): void {
  const others = keys.filter((key) => !wanted.some((one) => one.equals(key)));
  if (wanted.length > 0) auth.push({ kind: 'agent', socket, onlyKeys: wanted });
  if (!limited && others.length > 0)
    auth.push({ kind: 'agent', socket, ...(wanted.length > 0 ? { onlyKeys: others } : {}) });
}

async function addPasswordFile({ auth, problems }: Gathering, path: string, { account }: LoginQuestion): Promise<void> {
  const place = '--ssh-password-file';
  const file = await readSecretFile(path, account);
  if ('problem' in file) problems.push({ place, problem: file.problem, fix: file.fix });
  else if (secretLine(file.content) === '')
    problems.push({ place, problem: `${path} is empty`, fix: 'write the password into it' });
  else auth.push({ kind: 'password', password: secretLine(file.content) });
}

/** As ssh does when nothing else is left. */
async function addAskedPassword(gathering: Gathering, { hop, surroundings }: LoginQuestion): Promise<void> {
  const { ask, signal } = surroundings;
  if (/^no$/i.test(firstOf(hop.config, 'passwordauthentication') ?? '') || ask === undefined) return;
  if (ask === 'later') {
    gathering.isLater = true;
    return;
  }
  const password = await ask(`password of ${hop.user}@${hop.host}: `, { isSecret: true, signal });
  if (password !== '') gathering.auth.push({ kind: 'password', password });
}

function nothing({ asides }: Gathering, { hop, account }: LoginQuestion): readonly SettingProblem[] {
  const where = `${hop.user}@${hop.host}`;
  const [only, ...more] = asides;
  if (only !== undefined && more.length === 0) {
    return [{ place: '--ssh-key', problem: `nothing to log in with as ${where}: ${only.problem}`, fix: only.fix }];
  }
  const seen = asides.map(({ problem }) => problem).join('; ') || `no ssh-agent, and no key in ${account.home}/.ssh`;
  return [
    { place: '--ssh-key', problem: `nothing to log in with as ${where}: ${seen}`, fix: 'give a key: --ssh-key FILE' },
  ];
}
