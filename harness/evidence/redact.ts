import type { Ask } from '../model/ask.ts';
import type { SshTarget } from '../model/host.ts';
import { secretForms } from './secret-forms.ts';

/** Takes secrets out of text. It knows secrets by value as they are learnt, and by shape where that is certain. */
export interface Redactor {
  /** From now on this value, and each of its longer lines, is masked wherever and however encoded it shows up. */
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
  const known = new Set<string>();
  // Longest first: what is left of a whole that was masked in part could still be told.
  let forms: readonly string[] = [];
  const redact = (text: string): string => {
    let clean = text;
    for (const form of forms) clean = clean.replaceAll(form, MASK);
    for (const [shape, mask] of SHAPES) clean = clean.replace(shape, mask);
    return clean;
  };
  const redactAll = <T>(value: T): T => deep(value, redact) as T;
  return {
    learn(secret) {
      const parts = [secret, ...secret.split(/\r?\n/).filter((line) => !line.startsWith('-----'))];
      const news = new Set([secret, ...parts.map((each) => each.trim())].filter((part) => !known.has(part)));
      for (const part of news) known.add(part);
      const more = [...news].filter(({ length }) => length >= SHORTEST_SECRET).flatMap(secretForms);
      if (more.length === 0) return;
      forms = [...new Set([...forms, ...more])].sort((one, other) => other.length - one.length);
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

/** Asks as before, and teaches every secret answer before anybody can use it. */
export function learningAsk(redactor: Redactor, ask: Ask): Ask {
  return async (question, options) => {
    const answer = await ask(question, options);
    if (options.isSecret) redactor.learn(answer);
    return answer;
  };
}

function deep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((each) => deep(each, redact));
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deep(each, redact)]));
}
