import { SyntaxProblem } from './syntax.ts';

const OPERATORS = ['&&', '||', ';;', '|&', '|', ';', '&', '(', ')', '\n'];

/** A place in the text of a script that moves on as it is read. */
export class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get rest(): string {
    return this.text.slice(this.at);
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  peek(length = 1): string {
    return this.text.slice(this.at, this.at + length);
  }

  take(length = 1): string {
    const taken = this.peek(length);
    this.at += length;
    return taken;
  }

  /** Takes what the pattern matches here, if it does. The pattern must be sticky. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }

  /** Passes blanks, continued lines and comments; not the end of a line. */
  blanks(): void {
    this.match(/(?:[ \t\r]|\\\n)*(?:#[^\n]*)?/y);
  }

  /** Passes blanks, comments and ends of lines. */
  lines(): void {
    do this.blanks();
    while (this.match(/\n/y) !== undefined);
  }

  /** The operator that stands here, without taking it. */
  operator(): string | undefined {
    return OPERATORS.find((operator) => this.text.startsWith(operator, this.at));
  }

  takeOperator(operator: string): boolean {
    if (this.operator() !== operator) return false;
    this.at += operator.length;
    return true;
  }

  /** The reserved word or other bare word that stands here, without taking it. */
  bareWord(): string | undefined {
    return /^(?:[A-Za-z_]+|[{}!])(?=[\s;|&()]|$)/.exec(this.rest)?.[0];
  }

  takeBareWord(word: string): boolean {
    if (this.bareWord() !== word) return false;
    this.at += word.length;
    return true;
  }

  expectBareWord(word: string): void {
    if (!this.takeBareWord(word)) throw this.unexpected();
  }

  unexpected(): SyntaxProblem {
    this.blanks();
    if (this.done) return new SyntaxProblem('syntax error: unexpected end of file');
    const token = this.operator() ?? /^\S+?(?=[\s;|&()]|$)/.exec(this.rest)?.[0] ?? this.peek();
    return new SyntaxProblem(`syntax error near unexpected token \`${token === '\n' ? 'newline' : token}'`);
  }
}
