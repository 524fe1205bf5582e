import { dirname, join, normalize } from 'node:path';

/** One import, re-export, `import()` or type import in a source. */
export interface Import {
  readonly line: number;
  /** As written; undefined when it is computed and cannot be known. */
  readonly specifier: string | undefined;
}

/** A source without its comments; the contents of strings are replaced by their numbers. */
interface Lexed {
  readonly code: string;
  readonly strings: readonly string[];
}

/** Every import of a source, in whatever form: static, type-only, re-export, side effect, `import()`, `require()`. */
export function importsOf(source: string): readonly Import[] {
  const { code, strings } = lex(source);
  const literal = /"(\d+)"/;
  const forms = [
    new RegExp(`\\bfrom\\s*${literal.source}`, 'g'),
    new RegExp(`\\bimport\\s*${literal.source}`, 'g'),
    /(?<![.\w])import\s*\(\s*(?:"(\d+)"\s*[,)]|[^)\s])/g,
    /(?<![.\w])require\s*\(\s*"(\d+)"\s*\)/g,
  ];
  const found = forms.flatMap((form) =>
    [...code.matchAll(form)].map((match) => ({
      line: code.slice(0, match.index).split('\n').length,
      specifier: match[1] === undefined ? undefined : strings[Number(match[1])],
    })),
  );
  return found.sort((a, b) => a.line - b.line);
}

/** Not a key, a method or a member of something else; the three dots of a spread are no member. */
const GLOBAL_PROCESS = /(?<![\w$#]|(?<!\.\.)\.)process\b(?!\s*(?::|\?:|\())|\bglobalThis\s*\.\s*process\b/g;

/** Lines on which the global `process` is used, or its module imported. Nothing else may be called by its name. */
export function processLines(source: string): readonly number[] {
  const { code } = lex(source);
  const uses = [...code.matchAll(GLOBAL_PROCESS)];
  const lines = uses.map(({ index }) => code.slice(0, index).split('\n').length);
  const imports = importsOf(source).filter(({ specifier }) => specifier === 'node:process' || specifier === 'process');
  return [...new Set([...lines, ...imports.map(({ line }) => line)])].sort((a, b) => a - b);
}

/** Lines on which the pattern stands in code or in a string, but not in a comment. */
export function linesWith(source: string, pattern: RegExp): readonly number[] {
  const { code, strings } = lex(source);
  const spelled = code.replace(/"(\d+)"/g, (_, index: string) => JSON.stringify(strings[Number(index)] ?? ''));
  return spelled.split('\n').flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

/** The path of a relative specifier, from the root of the project. */
export function targetOf(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : undefined;
}

/** Circles of imports, each told once, from its first file in the alphabet round to it again. */
export function circlesIn(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const circles = new Map<string, readonly string[]>();
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const circle = path.slice(at);
      const first = circle.indexOf([...circle].sort()[0] ?? file);
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      circles.set(turned.join(), [...turned, turned[0] ?? file]);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of [...graph.keys()].sort()) visit(file, []);
  return [...circles.values()];
}

const REGEX_MAY_FOLLOW = /(?:^|[=([{,;:!&|?+\-*%~^<>]|\b(?:return|typeof|case|of|in|else|do|void|yield|await))\s*$/;

/** Takes comments out and numbers the strings. Knows regular expressions and nested templates, since both may hold quotes. */
function lex(source: string): Lexed {
  const strings: string[] = [];
  let code = '';
  let at = 0;
  const keep = (text: string) => {
    strings.push(text);
    return `"${strings.length - 1}"`;
  };
  const blank = (text: string) => text.replace(/[^\n]/g, ' ');
  const takeCode = (closing: string | undefined): void => {
    let depth = 0;
    while (at < source.length) {
      const rest = source.slice(at);
      const comment = /^(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.exec(rest)?.[0];
      const quoted = /^(?:'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")/.exec(rest)?.[0];
      const regex = /^\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/.exec(rest)?.[0];
      if (comment !== undefined) {
        code += blank(comment);
        at += comment.length;
      } else if (quoted !== undefined) {
        code += keep(quoted.slice(1, -1));
        at += quoted.length;
      } else if (rest.startsWith('`')) {
        at += 1;
        takeTemplate();
      } else if (regex !== undefined && REGEX_MAY_FOLLOW.test(code.slice(-20))) {
        code += '/regex/';
        at += regex.length;
      } else {
        const character = source[at] ?? '';
        if (character === closing && depth === 0) return;
        if (character === '{') depth += 1;
        if (character === '}') depth -= 1;
        code += character;
        at += 1;
      }
    }
  };
  const takeTemplate = (): void => {
    let text = '';
    let isPlain = true;
    const inner = code.length;
    while (at < source.length && source[at] !== '`') {
      if (source.startsWith('${', at)) {
        isPlain = false;
        code += ` + ${keep(text)} + (`;
        text = '';
        at += 2;
        takeCode('}');
        code += ')';
        at += 1;
      } else {
        const piece = source[at] === '\\' ? source.slice(at, at + 2) : (source[at] ?? '');
        text += piece;
        at += piece.length;
      }
    }
    at += 1;
    // A template without holes is a literal, also as the argument of import().
    code = isPlain
      ? code.slice(0, inner) + keep(text) + '\n'.repeat(text.split('\n').length - 1)
      : `${code} + ${keep(text)}`;
  };
  takeCode(undefined);
  return { code, strings };
}
