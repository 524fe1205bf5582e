/** One program call after quotes and `$` have been worked out. */
export interface Call {
  readonly argv: readonly string[];
  /** Where its two outputs go beside the next program of the pipe. */
  readonly stdout: 'pipe' | 'null';
  readonly stderr: 'tty' | 'stdout' | 'null';
}

/** Programs joined by `|`, and how the pipe hangs together with the one before. */
export interface Pipeline {
  readonly after: 'always' | 'success' | 'failure';
  readonly calls: readonly Call[];
}

/** The line is not complete or not understood; the message is bash's. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
}

type Token = { readonly word: string } | { readonly operator: string };

/**
 * Reads one line of shell as far as people type it at a console: quotes, `$?`, `$NAME`, pipes, `;`, `&&`, `||`,
 * redirections. Each pipeline's variables are looked up when its turn comes. @throws SyntaxProblem before the first.
 */
export function parseLine(line: string, variable: (name: string) => string): Iterable<Pipeline> {
  for (const _ of pipelines(line, () => ''));
  return pipelines(line, variable);
}

function* pipelines(line: string, variable: (name: string) => string): Generator<Pipeline> {
  let after: Pipeline['after'] = 'always';
  let calls: Call[] = [];
  let words: Token[] = [];
  const endCall = (operator: string) => {
    if (words.length === 0) throw new SyntaxProblem(`syntax error near unexpected token \`${operator}'`);
    calls.push(toCall(words));
    words = [];
  };
  for (const token of tokens(line, variable)) {
    if ('word' in token || REDIRECTION.test(token.operator)) {
      words.push(token);
      continue;
    }
    endCall(token.operator);
    if (token.operator === '|') continue;
    yield { after, calls };
    calls = [];
    after = NEXT[token.operator] ?? 'always';
  }
  if (words.length > 0) {
    endCall('newline');
    yield { after, calls };
  } else if (calls.length > 0 || after !== 'always') throw new SyntaxProblem('syntax error: unexpected end of file');
}

const NEXT: Readonly<Record<string, Pipeline['after']>> = { '&&': 'success', '||': 'failure', ';': 'always' };
const REDIRECTION = /^[12&]?>/;

function toCall(tokens: readonly Token[]): Call {
  const argv: string[] = [];
  let stdout: Call['stdout'] = 'pipe';
  let stderr: Call['stderr'] = 'tty';
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if ('word' in token) {
      argv.push(token.word);
      continue;
    }
    if (token.operator === '2>&1') {
      stderr = 'stdout';
      continue;
    }
    at += 1;
    if (tokens[at] === undefined) throw new SyntaxProblem("syntax error near unexpected token `newline'");
    if (token.operator.startsWith('2')) stderr = 'null';
    else stdout = 'null';
    if (token.operator.startsWith('&')) stderr = 'null';
  }
  return { argv, stdout, stderr };
}

function* tokens(line: string, variable: (name: string) => string): Generator<Token> {
  let rest = line.trimStart();
  while (rest !== '' && !rest.startsWith('#')) {
    const operator = /^(2>&1|[12&]?>>?|&&|\|\||[|;])/.exec(rest)?.[0];
    if (operator !== undefined) {
      yield { operator };
      rest = rest.slice(operator.length).trimStart();
      continue;
    }
    const { word, length } = readWord(rest, variable);
    yield { word };
    rest = rest.slice(length).trimStart();
  }
}

function readWord(
  text: string,
  variable: (name: string) => string,
): { readonly word: string; readonly length: number } {
  let word = '';
  let at = 0;
  while (at < text.length && !/^[\s|;]|^&&|^>/.test(text.slice(at))) {
    const rest = text.slice(at);
    const part = readPart(rest, variable);
    word += part.text;
    at += part.length;
  }
  return { word, length: at };
}

function readPart(
  text: string,
  variable: (name: string) => string,
): { readonly text: string; readonly length: number } {
  if (text.startsWith("'")) {
    const end = text.indexOf("'", 1);
    if (end < 0) throw new SyntaxProblem("unexpected EOF while looking for matching `''");
    return { text: text.slice(1, end), length: end + 1 };
  }
  if (text.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text);
    if (quoted === null) throw new SyntaxProblem('unexpected EOF while looking for matching `"\'');
    const inner = (quoted[1] ?? '').replace(/\\(["\\$`])|\$(\?|\{?\w+\}?)/g, (_, escaped, name) =>
      escaped === undefined ? variable(name.replace(/[{}]/g, '')) : escaped,
    );
    return { text: inner, length: quoted[0].length };
  }
  if (text.startsWith('\\')) return { text: text.slice(1, 2), length: 2 };
  const name = /^\$(\?|\{\w+\}|\w+)/.exec(text);
  if (name !== null) return { text: variable((name[1] ?? '').replace(/[{}]/g, '')), length: name[0].length };
  return { text: text.slice(0, 1), length: 1 };
}
