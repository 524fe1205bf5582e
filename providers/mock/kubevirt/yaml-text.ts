/** JSON data as a YAML document in block style. A general writer takes a second for the definitions of four releases. */
export function yamlText(value: unknown): string {
  return `${block(value, '').replace(/^\n/, '')}\n`;
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.length === 0 ? ' []' : value.map((item) => listItem(item, indent)).join('');
  if (typeof value !== 'object' || value === null) return ` ${scalar(value)}`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (entries.length === 0) return ' {}';
  return entries.map(([key, inner]) => `\n${indent}${scalar(key)}:${block(inner, deeper(inner, indent))}`).join('');
}

/** What an item holds begins on the line of its dash. */
function listItem(item: unknown, indent: string): string {
  const text = block(item, `${indent}  `);
  return `\n${indent}-${text.startsWith('\n') ? ` ${text.slice(indent.length + 3)}` : text}`;
}

/** Lists stand under their key without further indent. */
function deeper(value: unknown, indent: string): string {
  return Array.isArray(value) ? indent : `${indent}  `;
}

/** Bare words stay bare; all else is quoted as in JSON, which YAML reads alike. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const bare = /^[A-Za-z/][\w./-]*(:[\w./-]+)*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return bare ? value : JSON.stringify(value);
}
