import type { Span } from './secret-index.ts';

/** A text without what writers put into long values to break them up, and the way back to where its parts stood. */
export interface Unwrapped {
  readonly text: string;
  /** Where a part of the unwrapped text stands in the whole one. */
  original(span: Span): Span;
}

// What logs write at the beginning of a line: a time, with or without brackets, as klog, as dmesg, as containerd.
const STAMP = [
  String.raw`\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?\]?(?: std(?:out|err) [FP])?`,
  String.raw`\d\d:\d\d:\d\d(?:[.,]\d+)?Z?`,
  String.raw`\[ *\d+\.\d+\]`,
  String.raw`[IWEF]\d{4} [\d:.]+ +\d+ \S+?\]`,
].join('|');
// Line ends may be written out, as in JSON, and escaped once more.
const BREAK = new RegExp(String.raw`(?:\r?\n|(?:\\+r)?\\+n)[ \t]*(?:(?:${STAMP})[ \t]+)?|\s+`, 'g');

/** True for what stands in one piece anyway. */
export function isInOnePiece(text: string): boolean {
  return !/\s|\\n/.test(text);
}

/** Without white space, line ends that are written out, and the time stamps at the beginning of log lines. */
export function unwrap(text: string): Unwrapped {
  const parts: string[] = [];
  const starts: number[] = [];
  const places: number[] = [];
  let length = 0;
  let from = 0;
  const keep = (to: number) => {
    if (to === from) return;
    parts.push(text.slice(from, to));
    starts.push(length);
    places.push(from);
    length += to - from;
  };
  for (const found of text.matchAll(BREAK)) {
    keep(found.index);
    from = found.index + found[0].length;
  }
  keep(text.length);
  const original = (at: number) => {
    const part = lastAtMost(starts, at);
    return (places[part] ?? 0) + at - (starts[part] ?? 0);
  };
  return { text: parts.join(''), original: (span) => ({ from: original(span.from), to: original(span.to - 1) + 1 }) };
}

function lastAtMost(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
