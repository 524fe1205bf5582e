import { InfraError } from '../errors/errors.ts';
import type { Ask } from '../provider/contract.ts';
import { hostKeyAlgorithms, keyTypeFor } from './algorithms.ts';
import type { Hop } from './hop.ts';
import { hostKeyRefusal, type OfferedKey } from './host-key-refusal.ts';
import {
  fingerprint,
  type HostKeyVerdict,
  judgeHostKey,
  keyTypeOf,
  knownHostEntries,
  knownHostName,
  knownKeyTypes,
  type NamedHost,
} from './known-hosts.ts';
import { addKnownHost, readKnownHosts } from './known-hosts-file.ts';

/** Whom a check may ask and tell, and until when. */
export interface Listeners {
  readonly signal: AbortSignal;
  readonly ask: Ask | undefined;
  readonly tell: ((message: string) => void) | undefined;
}

/**
 * Judges the keys of one host for all the sessions to it: what was accepted once stays so, and nothing else is. The
 * files are read anew for each session, so that a key that was revoked meanwhile is refused.
 */
export class HostKeyCheck {
  readonly #hop: Hop;
  /** Accepted by policy, although no file may say so. */
  #accepted: Buffer | undefined;
  /** Keys of other kinds than the pinned one. */
  #notPinned: readonly Buffer[] = [];

  constructor(hop: Hop) {
    this.#hop = hop;
  }

  /** Reads what is known now. @throws InfraError for a file that cannot be read. */
  async read(): Promise<SessionCheck> {
    const { target, what } = this.#hop;
    const files = await readKnownHosts(target.hostKeys.knownHostsFiles, what);
    const entries = knownHostEntries(files, this.#named);
    const types = new Set(knownKeyTypes(entries));
    if (this.#accepted !== undefined) types.add(keyTypeOf(this.#accepted));
    let verified: Buffer | undefined;
    return {
      algorithms: this.#leftOf(hostKeyAlgorithms(types)),
      judge: (key, listeners) => {
        // A new exchange of keys in mid-stream shows the same host key again.
        if (verified?.equals(key)) return undefined;
        const conclude = (refusal: InfraError | undefined) => {
          if (refusal === undefined) verified = key;
          return refusal;
        };
        const refusal = this.#judge(judgeHostKey(entries, key), key, listeners);
        return refusal instanceof Promise ? refusal.then(conclude) : conclude(refusal);
      },
    };
  }

  /** Whether the pinned key may be of a kind that the host was not yet asked for. */
  get hasOtherKinds(): boolean {
    return this.#hop.target.algorithms?.hostKeys === undefined && this.#leftOf(hostKeyAlgorithms(new Set())).length > 0;
  }

  /** For the next session, after all kinds were seen in vain. */
  askForAllKinds(): void {
    this.#notPinned = [];
  }

  #leftOf(algorithms: readonly string[]): readonly string[] {
    const seen = new Set(this.#notPinned.map(keyTypeOf));
    return algorithms.filter((algorithm) => !seen.has(keyTypeFor(algorithm)));
  }

  get #named(): NamedHost {
    const { host, port, hostKeys } = this.#hop.target;
    return { host, port, ...(hostKeys.alias === undefined ? {} : { alias: hostKeys.alias }) };
  }

  #judge(verdict: HostKeyVerdict, key: Buffer, listeners: Listeners): Judgement {
    const { mode = 'yes', pinned, knownHostsFiles } = this.#hop.target.hostKeys;
    const offered: OfferedKey = { hop: this.#hop, key, files: knownHostsFiles };
    if (verdict.kind === 'revoked') return hostKeyRefusal(verdict, offered);
    if (pinned !== undefined) {
      if (fingerprint(key) === pinned) return undefined;
      this.#notPinned = [...this.#notPinned, key];
      return new NotPinned(hostKeyRefusal({ kind: 'not-pinned', pinned, seen: this.#notPinned }, offered));
    }
    if (verdict.kind === 'known') return undefined;
    if (this.#accepted !== undefined) {
      if (this.#accepted.equals(key)) return undefined;
      return hostKeyRefusal({ kind: 'not-accepted', accepted: this.#accepted }, offered);
    }
    if (verdict.kind !== 'unknown' || mode === 'yes') return hostKeyRefusal(verdict, offered);
    return this.#welcome(key, listeners, mode).then((isWelcome) =>
      isWelcome ? undefined : hostKeyRefusal(verdict, offered),
    );
  }

  async #welcome(key: Buffer, listeners: Listeners, mode: 'accept-new' | 'ask'): Promise<boolean> {
    if (mode === 'ask' && !(await this.#isWelcome(key, listeners))) return false;
    this.#accepted = key;
    await this.#writeDown(key, listeners);
    return true;
  }

  /** `yes`, or the very fingerprint, is a welcome; anything but `no` is asked about again. */
  async #isWelcome(key: Buffer, { ask, signal }: Listeners): Promise<boolean> {
    if (ask === undefined) return false;
    const print = fingerprint(key);
    let question = `host key of ${knownHostName(this.#named)} is not known: it offers ${keyTypeOf(key)} ${print}\ntrust it and write it down? (yes/no/fingerprint) `;
    for (;;) {
      const answer = (await ask(question, { isSecret: false, signal })).trim();
      if (/^yes$/i.test(answer) || answer === print) return true;
      if (/^no$/i.test(answer)) return false;
      question = 'yes, no, or the fingerprint that you expect: ';
    }
  }

  async #writeDown(key: Buffer, { tell }: Listeners): Promise<void> {
    const name = knownHostName(this.#named);
    const [file] = this.#hop.target.hostKeys.knownHostsFiles;
    const seen = `host key of ${name}: ${keyTypeOf(key)} ${fingerprint(key)}`;
    if (file === undefined) return tell?.(`${seen} is taken for this run; no known_hosts file is named to write it to`);
    try {
      await addKnownHost(file, name, key);
      tell?.(`${seen} is taken and written to ${file}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      tell?.(`${seen} is taken for this run; it could not be written to ${file}: ${reason}`);
    }
  }
}

/** The host showed a key that is not the pinned one, which may be of another kind: the next session asks for that. */
export class NotPinned extends InfraError {
  constructor({ message, hint }: InfraError) {
    super(message, hint === undefined ? {} : { hint });
  }
}

/** Only a question to a person, or the writing down of the answer, takes time. */
export type Judgement = InfraError | undefined | Promise<InfraError | undefined>;

/** What one session checks with. */
export interface SessionCheck {
  /** To offer, the known kinds first. */
  readonly algorithms: readonly string[];
  /** Why the key is refused, or nothing when it is taken. */
  judge(key: Buffer, listeners: Listeners): Judgement;
}
