/** An XML element as a tree. Text and elements are never mixed in what is written here. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly children: readonly XmlElement[];
  readonly text?: string;
}

type Attributes = Readonly<Record<string, string | number | undefined>>;
type Child = XmlElement | undefined | false;

/** An element; undefined attributes and children are left out. */
export function element(
  name: string,
  attributes: Attributes = {},
  ...children: readonly (Child | readonly Child[])[]
): XmlElement {
  return {
    name,
    attributes: Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)] as const],
    ),
    children: children.flat().filter((child): child is XmlElement => child !== undefined && child !== false),
  };
}

/** An element that holds text, or nothing when there is no text. */
export function textElement(name: string, text: string | number, attributes: Attributes = {}): XmlElement {
  return { ...element(name, attributes), text: String(text) };
}

/** How elements are written: KubeVirt's marshaller and libvirt differ. */
export interface XmlStyle {
  readonly indent: string;
  readonly quote: '"' | "'";
  /** Whether an element without content is written as `<a/>`. */
  readonly selfClosing: boolean;
  readonly quotes: { readonly double: string; readonly single: string };
}

export const GO_STYLE: XmlStyle = {
  indent: ' ',
  quote: '"',
  selfClosing: false,
  quotes: { double: '&#34;', single: '&#39;' },
};
export const LIBVIRT_STYLE: XmlStyle = {
  indent: '  ',
  quote: "'",
  selfClosing: true,
  quotes: { double: '&quot;', single: '&apos;' },
};

/** The element as text, one element a line, without a newline at the end. */
export function xmlText({ name, attributes, children, text }: XmlElement, style: XmlStyle, depth = 0): string {
  const space = style.indent.repeat(depth);
  const written = attributes
    .map(([key, value]) => ` ${key}=${style.quote}${escaped(value, style)}${style.quote}`)
    .join('');
  if (children.length > 0) {
    const inner = children.map((child) => xmlText(child, style, depth + 1)).join('\n');
    return `${space}<${name}${written}>\n${inner}\n${space}</${name}>`;
  }
  if (text === undefined && style.selfClosing) return `${space}<${name}${written}/>`;
  return `${space}<${name}${written}>${escaped(text ?? '', style)}</${name}>`;
}

/** First child of this name. */
export function child(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((candidate) => candidate.name === name);
}

export function childrenNamed(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return parent?.children.filter((candidate) => candidate.name === name) ?? [];
}

export function attribute(parent: XmlElement | undefined, name: string): string | undefined {
  return parent?.attributes.find(([key]) => key === name)?.[1];
}

/** Reads a document without DTD, CDATA and mixed content. @throws Error at the first thing that does not fit. */
export function parseXml(source: string): XmlElement {
  const open: {
    readonly name: string;
    readonly attributes: [string, string][];
    readonly children: XmlElement[];
    text: string;
  }[] = [];
  let root: XmlElement | undefined;
  let end = 0;
  for (const match of source.matchAll(
    /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|<\?[^?]*\?>|<!--[\s\S]*?-->/g,
  )) {
    const between = source.slice(end, match.index);
    end = match.index + match[0].length;
    const top = open.at(-1);
    if (top !== undefined) top.text += between;
    else if (between.trim() !== '')
      throw new Error(`XML has text outside the root element: "${between.trim().slice(0, 40)}"`);
    const [, closing, name, rest = '', selfClosing] = match;
    if (name === undefined) continue;
    if (closing === '/') {
      const done = open.pop();
      if (done?.name !== name) throw new Error(`XML closes <${name}> where <${done?.name ?? 'nothing'}> is open`);
      root = close(done, open.at(-1)?.children);
      continue;
    }
    const started = { name, attributes: readAttributes(rest), children: [], text: '' };
    if (selfClosing === '/') root = close(started, open.at(-1)?.children);
    else open.push(started);
  }
  if (open.length > 0 || root === undefined) throw new Error(`XML ends inside <${open.at(-1)?.name ?? 'document'}>`);
  return root;
}

function close(
  { name, attributes, children, text }: Omit<XmlElement, 'text'> & { readonly text: string },
  siblings: XmlElement[] | undefined,
): XmlElement {
  const trimmed = unescaped(text.trim());
  const done = { name, attributes, children, ...(children.length === 0 && trimmed !== '' ? { text: trimmed } : {}) };
  siblings?.push(done);
  return done;
}

function readAttributes(text: string): [string, string][] {
  return [...text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', double, single]) => [
    key,
    unescaped(double ?? single ?? ''),
  ]);
}

function escaped(text: string, { quotes }: XmlStyle): string {
  const escapes: Readonly<Record<string, string>> = { ...ESCAPES, '"': quotes.double, "'": quotes.single };
  return text.replace(/[&<>"']/g, (letter) => escapes[letter] ?? letter);
}

function unescaped(text: string): string {
  return text.replace(/&(#?\w+);/g, (whole, name: string) => NAMED[name] ?? whole);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#34': '"',
  '#39': "'",
};
