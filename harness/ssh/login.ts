import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { Hop } from './hop.ts';

/** Goes through the ways to log in, as the server lets us, and remembers what became of each. */
export class Login {
  readonly #hop: Hop;
  readonly #left: Credential[];
  readonly #unusable: readonly string[];
  readonly #refused: string[] = [];
  /** Taken, but something else is wanted besides. */
  readonly #taken: string[] = [];
  #current: Credential | undefined;
  /** What the server takes, as far as it has said. */
  #accepts: readonly string[] | undefined;

  constructor(hop: Hop, { list, unusable }: Credentials) {
    this.#hop = hop;
    this.#left = [...list];
    this.#unusable = unusable;
  }

  /** What to try next; the library asks. The first one goes out without asking the server what it takes. */
  next(accepts: readonly string[] | null, isPartial: boolean | null): ssh2.AnyAuthMethod | false {
    this.#conclude(accepts, isPartial === true);
    const index = this.#left.findIndex((one) => this.#isWorthTrying(one));
    const [chosen] = index < 0 ? [] : this.#left.splice(index, 1);
    this.#current = chosen;
    return chosen?.attempt ?? false;
  }

  #conclude(accepts: readonly string[] | null, isPartial: boolean): void {
    const current = this.#current;
    if (current === undefined) return;
    // The library does not pass on what the server said to a key of an agent. One that was worth a signature and is
    // not enough was taken in part: servers ask for signatures only of keys that they know.
    const isOfAgent = current.signing !== undefined;
    if (!isOfAgent) this.#accepts = accepts ?? undefined;
    const isSigned = current.signing?.asked === true && current.signing.refusal === undefined;
    if (isOfAgent ? isSigned : isPartial) {
      this.#taken.push(current.label);
      if (isOfAgent) this.#othersFirst();
    } else {
      const { refusal } = current.signing ?? {};
      this.#refused.push(refusal === undefined ? current.label : `${current.label}, which the agent did not sign with`);
    }
  }

  #othersFirst(): void {
    this.#accepts = undefined;
    this.#left.sort((a, b) => Number(a.method === 'publickey') - Number(b.method === 'publickey'));
  }

  #isWorthTrying({ method, label }: Credential): boolean {
    if (this.#accepts !== undefined && !this.#accepts.includes(method)) return false;
    // A server that takes passwords has judged this one; the same again would only count as one more failure.
    const isJudged = this.#refused.includes('password') && this.#accepts?.includes('password') !== false;
    return !(label.startsWith('password (') && isJudged);
  }

  /** Why nothing was enough. */
  refusal(cause: Error): InfraError {
    const { target, what, name } = this.#hop;
    const wanted = this.#accepts?.join(', ') ?? '';
    const asides = this.#unusable.map((aside) => `; ${aside}`).join('');
    if (this.#taken.length > 0) {
      return new InfraError(
        `${what}: ${name} took ${this.#taken.join(', ')}, and wants ${wanted || 'something else'} besides${this.#tried(', which failed: ')}${asides}`,
        { cause, hint: this.#besides(wanted) },
      );
    }
    const takes = wanted === '' ? '' : `; it takes ${wanted}`;
    return new InfraError(`${what}: ${name} does not accept us${this.#tried('; tried ')}${takes}${asides}`, {
      cause,
      hint: target.auth.some(({ kind }) => kind !== 'password')
        ? `check the user name, and that the public key stands in ~${target.user}/.ssh/authorized_keys on ${name}`
        : `check the user name and the password, and that ${name} allows PasswordAuthentication`,
    });
  }

  /** The server hung up because we had tried enough. */
  tooMany(cause: Error): InfraError {
    const current = this.#current === undefined ? [] : [this.#current.label];
    const tried = [...this.#refused, ...current];
    const { what, name } = this.#hop;
    return new InfraError(
      `${what}: ${name} hung up after ${tried.length} refused logins (MaxAuthTries): tried ${tried.join(', ')}`,
      { cause, hint: 'offer only the right key: --ssh-key FILE, or IdentitiesOnly yes in ssh_config' },
    );
  }

  #tried(lead: string): string {
    return this.#refused.length === 0 ? '' : `${lead}${this.#refused.join(', ')}`;
  }

  #besides(wanted: string): string {
    if (wanted.includes('password')) return 'give the password too: --ssh-password-file FILE';
    if (wanted.includes('keyboard-interactive')) return 'run it on a terminal, where its questions can be answered';
    return `give all that ${this.#hop.name} wants (AuthenticationMethods in its sshd_config)`;
  }
}
