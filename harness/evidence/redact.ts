import type { Ask } from '../model/ask.ts';
import type { SshTarget } from '../model/host.ts';
import { secretForms } from './secret-forms.ts';
import { createSecretIndex, masked, type SecretIndex, type Span } from './secret-index.ts';
import { maskShapes } from './secret-shapes.ts';
import { isInOnePiece, unwrap } from './unwrapped.ts';

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
/** Of a value that is broken over lines more has to be there: two ordinary words may end up beside each other. */
const SHORTEST_SPLIT = 10;
/** Whoever keeps longer texts cuts them after they were redacted. */
const LONGEST_CUT = 4000;
const MASK = '<redacted>';

/** Starts with no secret known. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  const [whole, split] = [createSecretIndex(), createSecretIndex()];
  const redact = (text: string): string => {
    const spans = [...whole.find(text), ...cutSpans(text, whole)];
    if (!isInOnePiece(text)) {
      const flat = unwrap(text);
      spans.push(...split.find(flat.text).map(flat.original));
    }
    return maskShapes(masked(text, spans, MASK));
  };
  const redactAll = <T>(value: T): T => deep(value, redact) as T;
  return {
    learn(secret) {
      const parts = [secret, ...secret.split(/\r?\n/).filter((line) => !line.startsWith('-----'))];
      const news = new Set([secret, ...parts.map((each) => each.trim())].filter((part) => !known.has(part)));
      for (const part of news) known.add(part);
      const forms = [...news].filter(({ length }) => length >= SHORTEST_SECRET).flatMap(secretForms);
      whole.add(forms);
      split.add(forms.map((form) => unwrap(form).text).filter(({ length }) => length >= SHORTEST_SPLIT));
    },
    redact,
    redactAll,
  };
}

/** Long texts are often cut before anybody looks at them: a part of a secret may then stand at an end, or at dots. */
function cutSpans(text: string, index: SecretIndex): readonly Span[] {
  if (text.length > LONGEST_CUT) return [];
  const spans: Span[] = [];
  let from = 0;
  for (const cut of [...[...text.matchAll(/\.{3}|\u2026/g)].map(({ index: at }) => at), text.length]) {
    const piece = text.slice(from, cut);
    spans.push(...index.findCut(piece).map((span) => ({ from: from + span.from, to: from + span.to })));
    from = text[cut] === '.' ? cut + 3 : cut + 1;
  }
  return spans;
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
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [redact(key), deep(each, redact)]));
}
