import type { KnownCause } from '../model/known-cause.ts';
import { CLUSTER_TEXTS } from './cluster-texts.ts';
import { FIRMWARE_TEXTS } from './firmware-texts.ts';
import { HOST_TEXTS } from './host-texts.ts';
import type { KnownText, Place } from './known-text.ts';
import { REFUSAL_TEXTS } from './refusal-texts.ts';

/** Every known text, by subject. */
export const KNOWN_TEXTS: readonly KnownText[] = [...FIRMWARE_TEXTS, ...HOST_TEXTS, ...CLUSTER_TEXTS, ...REFUSAL_TEXTS];

/** A text to look through. */
export interface Told {
  readonly place: Place;
  /** `message`, or the file of the bundle. */
  readonly from: string;
  readonly text: string;
}

/** Longer lines are looked at so far: what matters stands in front. */
const LONGEST_LINE = 4000;
const LONGEST_SHOWN = 240;

/**
 * The known causes in these texts, each once, with the first line that shows it, in the order of the texts. It explains
 * a verdict and never makes or changes one. Pure.
 */
export function explain(texts: readonly Told[]): readonly KnownCause[] {
  const found = new Map<string, KnownCause>();
  for (const { place, from, text } of texts) {
    const open = KNOWN_TEXTS.filter((known) => place === 'message' || known.places.includes(place));
    for (const line of text.split('\n')) {
      // KubeVirt logs in JSON, where the quotes of a message are escaped.
      const spoken = line.slice(0, LONGEST_LINE).replaceAll('\\"', '"');
      for (const known of open) {
        if (!found.has(known.id) && known.pattern.test(spoken)) found.set(known.id, causeOf(known, spoken, from));
      }
    }
  }
  return [...found.values()];
}

function causeOf({ id, pattern, cause, action, source }: KnownText, line: string, from: string): KnownCause {
  return { id, cause, action, source, line: around(line, pattern), from };
}

/** The line as it is, or of a long one the part about the match. */
function around(line: string, pattern: RegExp): string {
  const whole = line.trim();
  if (whole.length <= LONGEST_SHOWN) return whole;
  const at = Math.max(0, whole.search(pattern) - LONGEST_SHOWN / 4);
  const part = whole.slice(at, at + LONGEST_SHOWN);
  return `${at === 0 ? '' : '...'}${part}${at + LONGEST_SHOWN < whole.length ? '...' : ''}`;
}
