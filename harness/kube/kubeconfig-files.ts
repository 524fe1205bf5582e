import { parseDocument } from 'yaml';
import { type Fields, type KubeconfigText, Reader } from './kubeconfig-reader.ts';

/**
 * One kubeconfig, or several of a colon-separated list merged as kubectl does: whoever names a thing first has it,
 * wholly, and relative paths stay relative to the file that they stand in.
 */
export class Kubeconfigs {
  readonly reader = new Reader();
  readonly #roots: readonly Fields[];

  constructor(sources: readonly KubeconfigText[]) {
    const isList = sources.length > 1;
    this.#roots = sources.flatMap((source) => {
      const place = isList ? source.place : '';
      // One that is empty adds nothing to a list, as in kubectl.
      if (isList && source.text.trim() === '') return [];
      return parseRoot(source, place, this.reader) ?? [];
    });
  }

  /** False when no file could be made out. */
  get isReadable(): boolean {
    return this.#roots.length > 0;
  }

  text(field: string): string | undefined {
    return this.#roots.map((root) => root.text(field)).find((text) => text !== undefined);
  }

  /** The inner mapping of the list's entry with this name, e.g. of `users` the `user` named `admin`. */
  named(list: string, name: string, inner: string): Fields | undefined {
    for (const root of this.#roots) {
      const entries = root.entries(list);
      const index = entries.findIndex((entry) => entry.text('name') === name);
      const entry = entries[index];
      if (entry === undefined) continue;
      const file = this.#roots.length > 1 ? `${root.source.place} ` : '';
      const place = `${file}${list}[${index}] "${name}"`;
      if (!entry.has(inner)) this.reader.problem(place, `has no ${inner}`, `give it a ${inner} mapping`);
      return entry.at(place).inner(inner)?.at(place);
    }
    this.reader.problem(list, `has no entry named "${name}"`, `name one that is there: ${this.names(list)}`);
    return undefined;
  }

  hasExtension(name: string): boolean {
    return this.#roots.some((root) => root.entries('extensions').some((entry) => entry.value('name') === name));
  }

  /** `"a", "b"`, or `none`. */
  names(list: string): string {
    const named = this.#roots.flatMap((root) => root.entries(list)).map((entry) => `"${entry.text('name') ?? ''}"`);
    return [...new Set(named)].join(', ') || 'none';
  }
}

const WHOLE = 'give a whole, untruncated kubeconfig';
const GIVE = 'give a kubeconfig, e.g. /etc/kubernetes/admin.conf';

function parseRoot(source: KubeconfigText, file: string, reader: Reader): Fields | undefined {
  const at = (field: string) => [file, field].filter((part) => part !== '').join(' ');
  const text = source.text.replace(/^\ufeff/, '');
  const foreign = whatElse(text);
  if (foreign !== undefined) {
    reader.problem(at('file'), foreign, GIVE);
    return undefined;
  }
  const document = parseDocument(text, { prettyErrors: true });
  const error = document.errors[0];
  if (error) {
    const line = error.linePos?.[0].line;
    // The rest of the message may quote the file, and that is full of secrets.
    const fault = error.message.split(/\n|:/)[0]?.replace(/ at line \d+, column \d+$/, '') ?? error.code;
    const cut = error.pos[1] >= text.trimEnd().length || !text.endsWith('\n') ? '; it seems cut off at its end' : '';
    reader.problem(at(line === undefined ? 'file' : `line ${line}`), `is not YAML: ${fault}${cut}`, WHOLE);
    return undefined;
  }
  const root = reader.fields(file, plain(document), source);
  if (root === undefined) {
    reader.problem(at('file'), 'is not a kubeconfig', GIVE);
    return undefined;
  }
  const kind = root.text('kind');
  if (kind !== undefined && kind !== 'Config')
    reader.problem(at('kind'), `is ${kind}, not Config`, 'give a kubeconfig');
  return root;
}

/** What the text is when it can be no kubeconfig at all. */
function whatElse(text: string): string | undefined {
  const start = text.trimStart();
  if (start === '') return 'is empty';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells a binary file.
  if (/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/.test(text)) return 'is binary, not text';
  if (/^<(!doctype|html|\?xml)/i.test(start)) return 'is a web page, not a kubeconfig';
  if (/^-----BEGIN /.test(start)) return 'is a key or a certificate, not a kubeconfig';
  return undefined;
}

/** Aliases without end, such as a "billion laughs", are no kubeconfig either. */
function plain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}
