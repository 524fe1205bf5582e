/** Rules for names: each gives what is wrong with a text, in the words of a real API server. */
export type NameRule = (name: string) => readonly string[];

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

/** A DNS label, e.g. the name of a namespace or a container. */
export const dnsLabel: NameRule = (name) => [
  ...lengthProblem(name, 63),
  ...patternProblem(
    name,
    LABEL,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    ['my-name', '123-abc'],
  ),
];

/** A DNS name, as most objects have it. */
export const dnsSubdomain: NameRule = (name) => [
  ...lengthProblem(name, 253),
  ...patternProblem(
    name,
    SUBDOMAIN,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    ['example.com'],
  ),
];

/** A DNS label that begins with a letter, as Services have it. */
export const dns1035Label: NameRule = (name) => [
  ...lengthProblem(name, 63),
  ...patternProblem(
    name,
    '[a-z]([-a-z0-9]*[a-z0-9])?',
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    ['my-name', 'abc-123'],
  ),
];

/** A label's or annotation's key: `name` or `prefix/name`. */
export const qualifiedName: NameRule = (name) => {
  const parts = name.split('/');
  const problems: string[] = [];
  if (parts.length > 2) return [qualifiedText()];
  const [prefix, last] = parts.length === 2 ? [parts[0], parts[1] ?? ''] : [undefined, name];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined) problems.push(...dnsSubdomain(prefix).map((text) => `prefix part ${text}`));
  if (last === '') problems.push('name part must be non-empty');
  else if (last.length > 63) problems.push('name part must be no more than 63 bytes');
  if (!whole(QUALIFIED).test(last)) problems.push(`name part ${qualifiedPart()}`);
  return problems;
};

/** A label's value. */
export const labelValue: NameRule = (value) => [
  ...lengthProblem(value, 63),
  ...patternProblem(
    value,
    `(${QUALIFIED})?`,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    ['MyValue', 'my_value', '12345'],
  ),
];

/** A key of a ConfigMap or Secret. */
export const configKey: NameRule = (key) => {
  const problems = [
    ...lengthProblem(key, 253),
    ...patternProblem(
      key,
      '[-._a-zA-Z0-9]+',
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      ['key.name', 'KEY_NAME', 'key-name'],
    ),
  ];
  if (key === '.') return [...problems, "must not be '.'"];
  if (key === '..') return [...problems, "must not be '..'"];
  return key.startsWith('..') ? [...problems, "must not start with '..'"] : problems;
};

/** The name of an environment variable: any printable ASCII but `=`. */
export const envName: NameRule = (name) => {
  if (/^[ -<>-~]+$/.test(name)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};

/** The name of a port: at most 15 characters, with a letter. */
export const portName: NameRule = (name) => {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
};

function lengthProblem(text: string, maximum: number): readonly string[] {
  return Buffer.byteLength(text) > maximum ? [`must be no more than ${maximum} bytes`] : [];
}

function patternProblem(
  text: string,
  pattern: string,
  sentence: string,
  examples: readonly string[],
): readonly string[] {
  return whole(pattern).test(text) ? [] : [patternText(sentence, pattern, examples)];
}

/** The examples are strung together as the real server does, with its two spaces. */
function patternText(sentence: string, pattern: string, examples: readonly string[]): string {
  const listed = examples.map((example) => `'${example}', `).join(' or ');
  return `${sentence} (e.g. ${listed}regex used for validation is '${pattern}')`;
}

function qualifiedPart(): string {
  return patternText(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    QUALIFIED,
    ['MyName', 'my.name', '123-abc'],
  );
}

function qualifiedText(): string {
  const part = patternText(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    QUALIFIED,
    ['MyName', 'my.name', '123-abc'],
  );
  return `a qualified name ${part} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
}

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
