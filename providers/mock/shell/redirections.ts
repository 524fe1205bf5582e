import { Cursor } from './cursor.ts';
import { type Redirection, type Script, SyntaxProblem, type Word } from './syntax.ts';
import { readHereText, readWord } from './words.ts';

/** A here-document whose text comes after the end of the line. */
export interface PendingHere {
  readonly end: string;
  readonly stripTabs: boolean;
  readonly literal: boolean;
  /** Filled in place once the text has been read; the redirection refers to it. */
  readonly content: Word[number][];
}

type ParseScript = (text: string) => Script;

/** Reads one redirection if one stands here. */
export function readRedirection(cursor: Cursor, pending: PendingHere[], parse: ParseScript): Redirection | undefined {
  const here = cursor.match(/0?<<(?!<)(-?)[ \t]*(['"]?)([\w.-]+)\2/y);
  if (here !== undefined) {
    const [, strip, quote, end = ''] = here;
    const content: Word[number][] = [];
    pending.push({ end, stripTabs: strip === '-', literal: quote !== '', content });
    return { kind: 'here', content };
  }
  if (cursor.match(/0?<<</y) !== undefined) {
    const newline = { kind: 'text', text: '\n', quoted: true } as const;
    return { kind: 'here', content: [...target(cursor, parse), newline] };
  }
  const copy = cursor.match(/([12]?)>&([12])(?=[\s;|&()]|$)/y);
  if (copy !== undefined) {
    return { kind: 'copy', descriptor: copy[1] === '2' ? 2 : 1, of: copy[2] === '2' ? 2 : 1 };
  }
  const both = cursor.match(/&>>?|>&/y);
  if (both !== undefined) {
    return { kind: 'file', descriptor: 'both', target: target(cursor, parse), append: both[0] === '&>>' };
  }
  const file = cursor.match(/([0-2]?)(>>|>\||>|<)/y);
  if (file === undefined) return undefined;
  const descriptor = file[1] === '' ? (file[2] === '<' ? 0 : 1) : (Number(file[1]) as 0 | 1 | 2);
  return { kind: 'file', descriptor, target: target(cursor, parse), append: file[2] === '>>' };
}

/** Reads the texts of the here-documents that were announced on the line before. */
export function takeHereDocuments(cursor: Cursor, pending: PendingHere[]): void {
  if (pending.length === 0) return;
  for (const { end, stripTabs, literal, content } of pending.splice(0)) {
    const lines: string[] = [];
    for (;;) {
      if (cursor.done) throw new SyntaxProblem(`here-document delimited by end-of-file (wanted \`${end}')`);
      const line = cursor.match(/([^\n]*)(?:\n|$)/y)?.[1] ?? '';
      const shown = stripTabs ? line.replace(/^\t+/, '') : line;
      if (shown === end) break;
      lines.push(`${shown}\n`);
    }
    const text = lines.join('');
    if (literal) content.push({ kind: 'text', text, quoted: true });
    else content.push(...readHereText(new Cursor(text)));
  }
  // The end of the last delimiter's line ends the command too.
  if (cursor.text[cursor.at - 1] === '\n') cursor.at -= 1;
}

function target(cursor: Cursor, parse: ParseScript): Word {
  cursor.blanks();
  const word = readWord(cursor, parse);
  if (word === undefined) throw cursor.unexpected();
  return word;
}
