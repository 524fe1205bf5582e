/** Part of a text, from the first character to before the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Finds many strings in a text at once: a run may learn thousands, and a log may have millions of characters. */
export interface SecretIndex {
  add(forms: Iterable<string>): void;
  /** Every place where one of them stands, overlapping ones as they are. */
  find(text: string): readonly Span[];
  /** Where one of them was cut off: its beginning at the end of the text, its end at the beginning. */
  findCut(text: string): readonly Span[];
}

/** Strings are known by so many first characters; shorter ones are never found. */
const GRAM = 6;
/** So much of a secret has to be left for what was cut off to count. */
const SHORTEST_REST = 8;

/** Starts with nothing to find. */
export function createSecretIndex(): SecretIndex {
  const known = new Set<string>();
  const byGram = new Map<string, string[]>();
  // Most places of a text begin nothing: the first two characters tell that without a look-up.
  const begins = new Uint8Array(1 << 16);
  let longest = 0;
  return {
    add(forms) {
      for (const form of forms) {
        if (form.length < GRAM || known.has(form)) continue;
        known.add(form);
        const gram = form.slice(0, GRAM);
        const group = byGram.get(gram);
        if (group === undefined) byGram.set(gram, [form]);
        else group.push(form);
        begins[beginning(form, 0)] = 1;
        longest = Math.max(longest, form.length);
      }
    },
    find(text) {
      const spans: Span[] = [];
      if (known.size === 0) return spans;
      for (let at = 0; at + GRAM <= text.length; at += 1) {
        if (begins[beginning(text, at)] === 0) continue;
        for (const form of byGram.get(text.slice(at, at + GRAM)) ?? []) {
          if (text.startsWith(form, at)) spans.push({ from: at, to: at + form.length });
        }
      }
      return spans;
    },
    findCut(text) {
      const spans: Span[] = [];
      const tail = Math.max(0, text.length - longest);
      for (let at = tail; at + SHORTEST_REST <= text.length; at += 1) {
        if (begins[beginning(text, at)] === 0) continue;
        const rest = text.slice(at);
        if ((byGram.get(rest.slice(0, GRAM)) ?? []).some((form) => form.startsWith(rest)))
          spans.push({ from: at, to: text.length });
      }
      if (text.length < SHORTEST_REST) return spans;
      const head = text.slice(0, SHORTEST_REST);
      for (const form of known) {
        const at = form.indexOf(head);
        if (at <= 0) continue;
        const rest = form.slice(at);
        if (text.startsWith(rest)) spans.push({ from: 0, to: rest.length });
      }
      return spans;
    },
  };
}

function beginning(text: string, at: number): number {
  return ((text.charCodeAt(at) << 8) ^ text.charCodeAt(at + 1)) & 0xffff;
}

/** The text with each span in place of it, those that overlap as one. */
export function masked(text: string, spans: readonly Span[], mask: string): string {
  if (spans.length === 0) return text;
  const inOrder = [...spans].sort((one, other) => one.from - other.from || other.to - one.to);
  const parts: string[] = [];
  let written = 0;
  let open: Span | undefined;
  const close = () => {
    if (open === undefined) return;
    parts.push(text.slice(written, open.from), mask);
    written = open.to;
  };
  for (const span of inOrder) {
    if (open !== undefined && span.from < open.to) {
      if (span.to > open.to) open = { from: open.from, to: span.to };
      continue;
    }
    close();
    open = span;
  }
  close();
  return parts.join('') + text.slice(written);
}
