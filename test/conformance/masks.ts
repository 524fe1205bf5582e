import type { Answer } from './recording.ts';

// Values that differ from run to run are numbered by first appearance, so that equal ones stay equal. Versions are
// ranked instead: the smaller number is the older version.
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const AGE = /^(?:<unknown>|\d+[smhd](?:\d+[smh])?)$/;

/** An answer without what cannot be the same twice. */
export function masked({ status, headers, body }: Answer): Answer {
  const uids = new Map<string, string>();
  const versions = versionsOf(body);
  const uid = (found: string) => {
    uids.set(found, uids.get(found) ?? `<uid:${uids.size + 1}>`);
    return uids.get(found) ?? '';
  };
  const text = (value: string) =>
    value
      .replace(UID, uid)
      .replace(TIME, '<time>')
      .replace(JWT, '<token>')
      .replace(/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=<hash>')
      .replace(/(gen-|kube-api-access-)[a-z0-9]{5}\b/g, '$1<rand>')
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
      .replace(/10\.96\.\d+\.\d+/g, (ip) => (ip === '10.96.99.99' ? ip : '<clusterIP>'))
      .replace(/current: \d+/, 'current: <rv>')
      .replace(/record \(\d+\)/, 'record (<rv>)')
      .replace(/\\"resourceVersion\\":\\"\d+\\"/g, '\\"resourceVersion\\":\\"<rv>\\"')
      .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "<rv>"')
      .replace(/([?&]hash=)[0-9A-F]+/g, '$1<hash>');
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return special(key, value, versions) ?? text(value);
    if (Array.isArray(value)) return (key === 'managedFields' ? untimed(value) : value).map((one) => walk(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, walk(part, name)]));
  };
  return { status, headers: maskedHeaders(headers), body: walk(body, '') };
}

/**
 * The server orders managers of one operation by the second of their last change: which second that is differs from
 * run to run, so the order is taken out.
 */
function untimed(entries: readonly unknown[]): readonly unknown[] {
  const rank = (entry: unknown) => {
    const { operation, manager, apiVersion, subresource } = entry as Readonly<Record<string, string>>;
    return [operation, manager, apiVersion, subresource].join(' ');
  };
  return [...entries].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function special(key: string, value: string, versions: ReadonlyMap<string, string>): string | undefined {
  if (key === 'resourceVersion') return versions.get(value) ?? value;
  if (key === 'continue') return value === '' ? '' : '<continue>';
  if (key === 'token') return '<token>';
  if (key === 'cells' && AGE.test(value)) return '<age>';
  if (key === 'storageVersionHash') return '<hash>';
  return ['goVersion', 'buildDate', 'gitCommit'].includes(key) ? `<${key}>` : undefined;
}

function versionsOf(body: unknown): ReadonlyMap<string, string> {
  const found = new Set<number>();
  const walk = (value: unknown, key: string): void => {
    if (key === 'resourceVersion' && typeof value === 'string' && /^\d+$/.test(value)) found.add(Number(value));
    else if (typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) walk(part, name);
    }
  };
  walk(body, '');
  return new Map([...found].sort((a, b) => a - b).map((version, index) => [String(version), `<rv:${index + 1}>`]));
}

const COMPARED_HEADERS = [
  'content-type',
  'cache-control',
  'retry-after',
  'warning',
  'transfer-encoding',
  'x-content-type-options',
  'audit-id',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
  'vary',
  'etag',
  'last-modified',
];
const PRESENT_ONLY = new Set([
  'audit-id',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
  'etag',
  'last-modified',
]);

function maskedHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    COMPARED_HEADERS.filter((name) => headers[name] !== undefined).map((name) => [
      name,
      PRESENT_ONLY.has(name) ? '<present>' : [headers[name]].flat(),
    ]),
  );
}
