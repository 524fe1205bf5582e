import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import type { SshAuth } from '../model/host.ts';
import type { Ask } from '../provider/contract.ts';
import { type AgentKey, agentKeys } from './agent-keys.ts';
import type { Hop } from './hop.ts';
import { fingerprint } from './known-hosts.ts';
import { readPrivateKey } from './private-key.ts';

/** One way to log in. */
export interface Credential {
  readonly method: 'publickey' | 'password' | 'keyboard-interactive';
  /** Names it in errors; no secret. */
  readonly label: string;
  readonly attempt: ssh2.AnyAuthMethod;
  readonly publicKey?: Buffer;
  /** Of a key that an agent holds. */
  readonly signing?: AgentKey['signing'];
}

/** What there is to log in with, in the order of trying, and what could not be used. */
export interface Credentials {
  readonly list: readonly Credential[];
  readonly unusable: readonly string[];
}

/** What to gather with. */
export interface Gathering {
  readonly signal: AbortSignal;
  /** A person who may answer what a server asks in a dialogue. */
  readonly ask: Ask | undefined;
}

/** The ways to log in on one host, in the order of trying. @throws InfraError when none of them can be used. */
export async function gatherCredentials(hop: Hop, { signal, ask }: Gathering): Promise<Credentials> {
  const { target, what } = hop;
  const list: Credential[] = [];
  const problems: { readonly problem: string; readonly fix: string }[] = [];
  for (const auth of target.auth) {
    if (auth.kind === 'key') takeKey(auth, target.user, { list, problems });
    else if (auth.kind === 'agent') {
      const keys = await agentKeys(auth.socket, auth.onlyKeys, signal);
      if (keys instanceof Error)
        problems.push({ problem: keys.message, fix: 'give a key file: --ssh-key FILE, or ssh-add one' });
      else list.push(...keys.map((key) => agentCredential(key, target.user)));
    } else list.push(...passwordCredentials(auth.password, target.user, { ask, signal }));
  }
  if (list.length === 0) {
    const { problem, fix } = problems[0] ?? {
      problem: 'no key and no password given',
      fix: 'give a key: --ssh-key FILE',
    };
    const others = problems
      .slice(1)
      .map((other) => `; ${other.problem}`)
      .join('');
    throw new InfraError(`${what}: ${problem}${others}`, { hint: fix });
  }
  if (ask !== undefined && !list.some(({ method }) => method === 'keyboard-interactive')) {
    list.push(dialogue(target.user, undefined, { ask, signal }));
  }
  return { list: withoutTwins(list), unusable: problems.map(({ problem }) => problem) };
}

function takeKey(
  auth: Extract<SshAuth, { kind: 'key' }>,
  username: string,
  { list, problems }: { readonly list: Credential[]; readonly problems: { problem: string; fix: string }[] },
): void {
  const reading = readPrivateKey(auth.privateKey, auth.path, auth.passphrase);
  if ('problem' in reading) {
    problems.push({ problem: reading.problem, fix: reading.fix });
    return;
  }
  const { key } = reading;
  list.push({
    method: 'publickey',
    label: `key ${auth.path}`,
    publicKey: key.getPublicSSH(),
    attempt: { type: 'publickey', username, key },
  });
}

function agentCredential({ publicKey, comment, agent, signing }: AgentKey, username: string): Credential {
  return {
    method: 'publickey',
    label: `agent key ${comment === '' ? '' : `${comment} `}${fingerprint(publicKey)}`,
    publicKey,
    signing,
    attempt: { type: 'agent', username, agent },
  };
}

function passwordCredentials(password: string, username: string, gathering: Gathering): readonly Credential[] {
  return [
    { method: 'password', label: 'password', attempt: { type: 'password', username, password } },
    // Servers with PAM often take a password only through a dialogue.
    dialogue(username, password, gathering),
  ];
}

/** Answers a question for the password with it, once, and lets a person answer the others. */
function dialogue(username: string, password: string | undefined, { ask, signal }: Gathering): Credential {
  let left = password;
  const answer = async ({ prompt, echo }: ssh2.Prompt): Promise<string> => {
    const isForPassword = echo !== true && !/code|token|otp|verification|pin\b/i.test(prompt);
    if (left !== undefined && isForPassword) {
      const given = left;
      left = undefined;
      return given;
    }
    if (ask === undefined) return '';
    return await ask(`${username}: ${printable(prompt)}`, { isSecret: echo !== true, signal });
  };
  const prompt: ssh2.KeyboardInteractiveAuthMethod['prompt'] = (_name, _instructions, _language, prompts, finish) => {
    const all = async () => {
      const answers: string[] = [];
      for (const one of prompts) answers.push(await answer(one));
      return answers;
    };
    // An answer that is not given ends with the signal, and the handshake with it.
    all().then(finish, () => finish(prompts.map(() => '')));
  };
  return {
    method: 'keyboard-interactive',
    label: password === undefined ? 'keyboard-interactive' : 'password (keyboard-interactive)',
    attempt: { type: 'keyboard-interactive', username, prompt },
  };
}

/** What a stranger asks is shown on a terminal, which must not obey it. */
function printable(prompt: string): string {
  return prompt.replace(/[^\P{C}]+/gu, ' ').slice(0, 200);
}

/** The same key from a file and from the agent is offered once: servers count. */
function withoutTwins(list: readonly Credential[]): readonly Credential[] {
  return list.filter(
    ({ publicKey }, index) =>
      publicKey === undefined || !list.slice(0, index).some((before) => before.publicKey?.equals(publicKey) === true),
  );
}
