import type { Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import type { Credential, CredentialSource } from './access.ts';

/** A credential as it was issued. */
export interface Issued {
  readonly credential: Credential;
  /** When to ask anew; absent: not before the server refuses it. */
  readonly freshUntil?: Date;
}

/** What is done to get one. The scope's signal ends it. */
export type Issue = (scope: Scope) => Promise<Issued>;

/**
 * Keeps an issued credential as long as it is fresh and the server takes it. However many requests need a new one, it
 * is asked for once. `learn` hears every secret before it is used.
 */
export function keepFresh(scope: Scope, issue: Issue, learn: (secret: string) => void): CredentialSource {
  let held: Issued | undefined;
  let asking: Promise<Issued> | undefined;
  const ask = async (): Promise<Issued> => {
    try {
      const issued = await issue(scope);
      const { token, clientCertificate } = issued.credential;
      for (const secret of [token, clientCertificate?.key]) if (secret !== undefined) learn(secret);
      held = issued;
      return issued;
    } finally {
      asking = undefined;
    }
  };
  return {
    async current(signal) {
      if (held !== undefined && (held.freshUntil === undefined || held.freshUntil.getTime() > Date.now()))
        return held.credential;
      asking ??= ask();
      return (await settle(asking, signal)).credential;
    },
    refused(credential) {
      // Somebody else may have been refused with it before, and has a new one already.
      if (held?.credential === credential) held = undefined;
      return true;
    },
  };
}
