import type { SshTarget } from '../model/host.ts';

/** Takes secrets out of text. It knows secrets by value as they are learnt, and by shape where that is certain. */
export interface Redactor {
  /** From now on this value, and each of its longer lines, is masked wherever it shows up. */
  learn(secret: string): void;
  redact(text: string): string;
  /** The same for every string inside a JSON-like value. */
  redactAll<T>(value: T): T;
}

/** Shorter values are too likely to be ordinary words: masking them would damage reports and hide nothing. */
const SHORTEST_SECRET = 6;
const MASK = '<redacted>';

// A private key in PEM, a JSON Web Token, an Authorization header, and the fields of a kubeconfig that hold secrets.
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, MASK],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, MASK],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, `$1 ${MASK}`],
  [/\b((?:client-key-data|token|password)["']?\s*:\s*["']?)[^\s"',}]{6,}/g, `$1${MASK}`],
];

/** Starts with no secret known. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const redact = (text: string): string => {
    let clean = text;
    for (const secret of secrets) clean = clean.replaceAll(secret, MASK);
    for (const [shape, mask] of SHAPES) clean = clean.replace(shape, mask);
    return clean;
  };
  const redactAll = <T>(value: T): T => deep(value, redact) as T;
  return {
    learn(secret) {
      for (const part of [secret, ...secret.split(/\r?\n/)].map((each) => each.trim())) {
        if (part.length < SHORTEST_SECRET || part.startsWith('-----')) continue;
        secrets.add(part);
        secrets.add(Buffer.from(part).toString('base64'));
      }
    },
    redact,
    redactAll,
  };
}

/** Teaches what logs in on the node and on every host in between: passwords, passphrases and the bodies of keys. */
export function learnLogins(redactor: Redactor, target: SshTarget | undefined): void {
  if (target === undefined) return;
  for (const auth of [target, ...(target.jumps ?? [])].flatMap((hop) => hop.auth)) {
    if (auth.kind === 'password') redactor.learn(auth.password);
    if (auth.kind !== 'key') continue;
    redactor.learn(auth.privateKey.toString('utf8'));
    if (auth.passphrase !== undefined) redactor.learn(auth.passphrase);
  }
}

function deep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((each) => deep(each, redact));
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deep(each, redact)]));
}
