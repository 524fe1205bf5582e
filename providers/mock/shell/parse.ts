import { Cursor } from './cursor.ts';
import { type PendingHere, readRedirection, takeHereDocuments } from './redirections.ts';
import {
  type AndOr,
  type Body,
  type Branch,
  type Command,
  type Pipeline,
  type Redirection,
  type Script,
  SyntaxProblem,
  type Word,
} from './syntax.ts';
import { readWord } from './words.ts';

/**
 * Reads a script: lists, pipes, redirections, here-documents, for, while, until, if, groups, functions.
 * `case`, background jobs and arrays are not part of this shell. @throws SyntaxProblem
 */
export function parseScript(text: string): Script {
  const parser = new Parser(new Cursor(text));
  const script = parser.list([]);
  if (!parser.cursor.done) throw parser.cursor.unexpected();
  return script;
}

const RESERVED = ['then', 'do', 'done', 'fi', 'else', 'elif', '}'];

class Parser {
  readonly cursor: Cursor;
  readonly #pending: PendingHere[] = [];

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  /** And-or lists until the end, a closing parenthesis or one of the reserved words, which is not taken. */
  list(until: readonly string[]): Script {
    const { cursor } = this;
    const script: AndOr[] = [];
    for (;;) {
      this.#lines();
      const word = cursor.bareWord();
      if (cursor.done || cursor.operator() === ')' || (word !== undefined && until.includes(word))) return script;
      script.push(this.#andOr());
      cursor.blanks();
      if (cursor.operator() === '&') throw new SyntaxProblem('background jobs are not part of the simulated shell');
      if (!cursor.takeOperator(';') && cursor.operator() !== '\n' && cursor.operator() !== ')' && !cursor.done) {
        throw cursor.unexpected();
      }
    }
  }

  #lines(): void {
    const { cursor } = this;
    cursor.blanks();
    while (cursor.takeOperator('\n')) {
      takeHereDocuments(cursor, this.#pending);
      cursor.blanks();
    }
  }

  #andOr(): AndOr {
    const { cursor } = this;
    const first = this.#pipeline();
    const rest: AndOr['rest'][number][] = [];
    for (;;) {
      cursor.blanks();
      const operator = cursor.takeOperator('&&') ? '&&' : cursor.takeOperator('||') ? '||' : undefined;
      if (operator === undefined) return { first, rest };
      this.#lines();
      rest.push({ operator, pipeline: this.#pipeline() });
    }
  }

  #pipeline(): Pipeline {
    const { cursor } = this;
    cursor.blanks();
    const negated = cursor.takeBareWord('!');
    const commands = [this.#command()];
    for (;;) {
      cursor.blanks();
      if (!cursor.takeOperator('|')) return { negated, commands };
      this.#lines();
      commands.push(this.#command());
    }
  }

  #command(): Command {
    const { cursor } = this;
    cursor.blanks();
    const word = cursor.bareWord();
    if (word !== undefined && RESERVED.includes(word)) throw cursor.unexpected();
    const compound = this.#compound(word);
    return compound === undefined ? this.#simple() : { body: compound, redirections: this.#redirections() };
  }

  #compound(word: string | undefined): Body | undefined {
    const { cursor } = this;
    if (cursor.takeOperator('(')) {
      const body = this.list([]);
      if (!cursor.takeOperator(')')) throw cursor.unexpected();
      return { kind: 'group', subshell: true, body };
    }
    if (word === undefined || !['{', 'for', 'while', 'until', 'if', 'case'].includes(word)) return undefined;
    if (word === 'case') throw new SyntaxProblem('case is not part of the simulated shell');
    cursor.takeBareWord(word);
    if (word === '{') return { kind: 'group', subshell: false, body: this.#block(['}']) };
    if (word === 'for') return this.#for();
    if (word === 'if') return this.#if();
    const condition = this.#block(['do']);
    return { kind: 'while', until: word === 'until', condition, body: this.#block(['done']) };
  }

  /** A list that must not be empty, and the reserved word that ends it. */
  #block(until: readonly [string]): Script {
    const body = this.list(until);
    if (body.length === 0) throw this.cursor.unexpected();
    this.cursor.expectBareWord(until[0]);
    return body;
  }

  #for(): Body {
    const { cursor } = this;
    cursor.blanks();
    const variable = cursor.match(/[A-Za-z_]\w*/y)?.[0];
    if (variable === undefined) throw cursor.unexpected();
    this.#lines();
    cursor.expectBareWord('in');
    const words: Word[] = [];
    for (let word = this.#word(); word !== undefined; word = this.#word()) words.push(word);
    if (!cursor.takeOperator(';') && cursor.operator() !== '\n') throw cursor.unexpected();
    this.#lines();
    cursor.expectBareWord('do');
    return { kind: 'for', variable, words, body: this.#block(['done']) };
  }

  #if(): Body {
    const { cursor } = this;
    const branches: Branch[] = [];
    do {
      const condition = this.#block(['then']);
      branches.push({ condition, body: this.list(['elif', 'else', 'fi']) });
    } while (cursor.takeBareWord('elif'));
    if (cursor.takeBareWord('else')) return { kind: 'if', branches, otherwise: this.#block(['fi']) };
    cursor.expectBareWord('fi');
    return { kind: 'if', branches };
  }

  #simple(): Command {
    const { cursor } = this;
    const assignments: (readonly [string, Word])[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      redirections.push(...this.#redirections());
      const assigned = words.length === 0 ? cursor.match(/([A-Za-z_]\w*)=/y)?.[1] : undefined;
      if (assigned !== undefined) {
        assignments.push([assigned, /[\s;|&()]/.test(cursor.peek()) ? [] : (readWord(cursor, parseScript) ?? [])]);
        continue;
      }
      const word = this.#word();
      if (word === undefined) break;
      words.push(word);
      if (words.length === 1 && cursor.match(/[ \t]*\([ \t]*\)/y) !== undefined) return this.#function(word);
    }
    if (assignments.length + words.length + redirections.length === 0) throw cursor.unexpected();
    return { body: { kind: 'simple', assignments, words }, redirections };
  }

  #function(name: Word): Command {
    this.#lines();
    const [part] = name;
    if (part?.kind !== 'text') throw this.cursor.unexpected();
    return { body: { kind: 'function', name: part.text, body: this.#command() }, redirections: [] };
  }

  #redirections(): Redirection[] {
    const found: Redirection[] = [];
    for (;;) {
      this.cursor.blanks();
      const redirection = readRedirection(this.cursor, this.#pending, parseScript);
      if (redirection === undefined) return found;
      found.push(redirection);
    }
  }

  #word(): Word | undefined {
    this.cursor.blanks();
    return readWord(this.cursor, parseScript);
  }
}
