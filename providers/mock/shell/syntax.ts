/** A piece of a word. Only what is not quoted is split at blanks and taken as a pattern of file names. */
export type Part =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'variable'; readonly name: string; readonly quoted: boolean; readonly modifier?: Modifier }
  | { readonly kind: 'substitution'; readonly script: Script; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean };

/** `${name:-word}`, `${name+word}`, `${name##pattern}` and their like; `${#name}` has the operator `length`. */
export interface Modifier {
  readonly operator: ':-' | '-' | ':+' | '+' | '#' | '##' | '%' | '%%' | 'length';
  readonly word: Word;
}

export type Word = readonly Part[];

/** `2>/dev/null`, `< file`, `2>&1`, `&>file`. */
export type Redirection =
  | { readonly kind: 'file'; readonly descriptor: 0 | 1 | 2 | 'both'; readonly target: Word; readonly append: boolean }
  | { readonly kind: 'copy'; readonly descriptor: 1 | 2; readonly of: 1 | 2 }
  | { readonly kind: 'here'; readonly content: Word };

export interface Simple {
  readonly kind: 'simple';
  readonly assignments: readonly (readonly [string, Word])[];
  readonly words: readonly Word[];
}

/** What stands between two signs of a pipe, without its redirections. */
export type Body =
  | Simple
  | { readonly kind: 'for'; readonly variable: string; readonly words: readonly Word[]; readonly body: Script }
  | { readonly kind: 'while'; readonly until: boolean; readonly condition: Script; readonly body: Script }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise?: Script }
  | { readonly kind: 'group'; readonly subshell: boolean; readonly body: Script }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command };

export interface Branch {
  readonly condition: Script;
  readonly body: Script;
}

export interface Command {
  readonly body: Body;
  readonly redirections: readonly Redirection[];
}

export interface Pipeline {
  readonly negated: boolean;
  readonly commands: readonly Command[];
}

/** Pipelines joined by `&&` and `||`. */
export interface AndOr {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[];
}

export type Script = readonly AndOr[];

/** The text is no shell, or not this shell's; the message is bash's where bash has one. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
}
