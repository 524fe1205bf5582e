import ssh2 from 'ssh2';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';

/** An agent may ask its owner first, but only for a signature. */
const LIST_WITHIN_MS = 10_000;

/** A key that an agent holds, as an agent of its own: the library offers all the keys of an agent or none. */
export interface AgentKey {
  readonly publicKey: Buffer;
  readonly comment: string;
  readonly agent: ssh2.BaseAgent;
  /** Whether the agent was asked to sign, and what it said when it would not. */
  readonly signing: { asked: boolean; refusal?: string };
}

/** The keys of the agent that can be offered; an Error that says why there is none. */
export async function agentKeys(
  socket: string,
  onlyKeys: readonly Buffer[] | undefined,
  signal: AbortSignal,
): Promise<readonly AgentKey[] | Error> {
  const listed = await listKeys(socket, signal);
  if (listed instanceof Error)
    return new Error(`the ssh-agent at ${socket} ${listed.message}`, { cause: listed.cause });
  if (listed.length === 0) {
    return new Error(`the ssh-agent at ${socket} holds no keys, or none that this transport can offer (ssh-add -l)`);
  }
  const wanted = onlyKeys === undefined ? listed : inOrder(listed, onlyKeys);
  if (wanted.length === 0) {
    return new Error(`the ssh-agent at ${socket} holds none of the keys that it is asked for (ssh-add -l)`);
  }
  return wanted.map((key) => single(ssh2.createAgent(socket), key));
}

async function listKeys(socket: string, signal: AbortSignal): Promise<readonly ssh2.ParsedKey[] | Error> {
  using bound = deadline(LIST_WITHIN_MS, signal, () => new Error(`gave no answer within ${LIST_WITHIN_MS / 1000} s`));
  const answer = new Promise<readonly ssh2.ParsedKey[]>((resolve, reject) => {
    ssh2.createAgent(socket).getIdentities((error, keys) => {
      if (error)
        reject(new Error('does not answer: is it still running, and SSH_AUTH_SOCK its socket?', { cause: error }));
      else resolve((keys ?? []) as readonly ssh2.ParsedKey[]);
    });
  });
  try {
    return await settle(answer, bound.signal);
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  }
}

function inOrder(keys: readonly ssh2.ParsedKey[], wanted: readonly Buffer[]): readonly ssh2.ParsedKey[] {
  return wanted.flatMap((one) => keys.find((key) => one.equals(key.getPublicSSH())) ?? []);
}

function single(agent: ssh2.BaseAgent, key: ssh2.ParsedKey): AgentKey {
  const signing: AgentKey['signing'] = { asked: false };
  return {
    publicKey: key.getPublicSSH(),
    comment: key.comment ?? '',
    signing,
    agent: new SingleKeyAgent(agent, key, signing),
  };
}

class SingleKeyAgent extends ssh2.BaseAgent<ssh2.ParsedKey> {
  readonly #agent: ssh2.BaseAgent;
  readonly #key: ssh2.ParsedKey;
  readonly #signing: AgentKey['signing'];

  constructor(agent: ssh2.BaseAgent, key: ssh2.ParsedKey, signing: AgentKey['signing']) {
    super();
    this.#agent = agent;
    this.#key = key;
    this.#signing = signing;
  }

  override getIdentities(done: ssh2.IdentityCallback<ssh2.ParsedKey>): void {
    done(undefined, [this.#key]);
  }

  override sign(
    publicKey: ssh2.ParsedKey,
    bytes: Buffer,
    optionsOrDone: ssh2.SigningRequestOptions | ssh2.SignCallback,
    maybeDone?: ssh2.SignCallback,
  ): void {
    const done = typeof optionsOrDone === 'function' ? optionsOrDone : maybeDone;
    const options = typeof optionsOrDone === 'function' ? {} : optionsOrDone;
    this.#signing.asked = true;
    this.#agent.sign(publicKey, bytes, options, (error, signature) => {
      if (error) this.#signing.refusal = error.message;
      done?.(error, signature);
    });
  }
}
