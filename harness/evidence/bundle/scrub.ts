import type { Redactor } from '../redact.ts';

const MASK = '<redacted>';

/**
 * Takes out of a Kubernetes object what no bundle may hold, and what no reader needs: the values of Secrets, config
 * that logs in somewhere, environment values of secret-like names, cloud-init's user data, what starts and unlocks an
 * attested guest, `managedFields` and the copy of itself that kubectl left. Each secret found is taught to the redactor,
 * so that it is masked in logs too, however it is spelled there.
 */
export function scrub<T>(object: T, redactor: Pick<Redactor, 'learn'>): T {
  return clean(object, [], redactor) as T;
}

type Path = readonly string[];

function clean(value: unknown, path: Path, redactor: Pick<Redactor, 'learn'>): unknown {
  if (Array.isArray(value)) return value.map((each) => clean(each, path, redactor));
  if (!isRecord(value)) return value;
  if (path.length === 0 || typeof value.kind === 'string') return cleanObject(value, path, redactor);
  return cleanFields(value, path, redactor);
}

function cleanObject(object: Fields, path: Path, redactor: Pick<Redactor, 'learn'>): unknown {
  if (object.kind === 'Secret') return hidden(object, ['data', 'stringData'], redactor);
  if (object.kind === 'ConfigMap') return cleanFields(withoutLogins(object, redactor), path, redactor);
  return cleanFields(object, path, redactor);
}

function cleanFields(object: Fields, path: Path, redactor: Pick<Redactor, 'learn'>): Fields {
  const entries = Object.entries(object).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'managedFields' || key === LAST_APPLIED) return [];
    if (isSecretField(object, key, path)) return [[key, mask(value, redactor)]];
    return [[key, clean(value, [...path, key], redactor)]];
  });
  return Object.fromEntries(entries);
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Fields whose value is secret wherever they stand. Sources: KubeVirt's API, the Kubernetes API, kubeconfig. */
const SECRET_FIELDS =
  /^(dhCert|userData|userDataBase64|password|passwd|token|client-key-data|clientKeyData|bearerToken|injectLaunchSecret)$/i;

function isSecretField(object: Fields, key: string, path: Path): boolean {
  const value = object[key];
  if (typeof value !== 'string' || value === '') return false;
  const parent = path.at(-1);
  // The session blob holds the wrapped TEK and TIK; header and secret are what unlocks the guest's disk.
  if (/^(sev|launchSecurity|sevSessionOptions|sevSecretOptions|SEVSecretOptions|SEVSessionOptions)$/.test(parent ?? ''))
    return /^(session|dhCert|header|secret)$/.test(key);
  if (parent === 'env' && key === 'value') return isSecretName(String(object.name ?? ''));
  return SECRET_FIELDS.test(key);
}

/** Names of variables and keys whose value is one to keep; one that only says where the secret lies is none. */
function isSecretName(name: string): boolean {
  const words =
    /pass(word|wd|phrase)?(_|$|\b)|secret|token|credential|private|api_?key|access_?key|(^|_)(key|auth|tik|tek)(_|$)/i;
  return words.test(name) && !/_(name|file|path|dir|ref|url|namespace)$/i.test(name);
}

/** The whole of some fields; their names stay, for a reader to see what was there. */
function hidden(object: Fields, keys: readonly string[], redactor: Pick<Redactor, 'learn'>): Fields {
  const masked = keys.flatMap((key): [string, unknown][] => {
    const values = object[key];
    if (!isRecord(values)) return [];
    return [
      [key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, maskData(value, redactor)]))],
    ];
  });
  return cleanFields({ ...object, ...Object.fromEntries(masked) }, [], redactor);
}

function maskData(value: unknown, redactor: Pick<Redactor, 'learn'>): string {
  if (typeof value === 'string') {
    teach(value, redactor);
    const decoded = Buffer.from(value, 'base64').toString('utf8');
    if (Buffer.from(decoded).toString('base64') === value) teach(decoded, redactor);
  }
  return MASK;
}

/** What a ConfigMap holds that logs in: kubeconfigs, private keys, keys of secret-like names. */
function withoutLogins(object: Fields, redactor: Pick<Redactor, 'learn'>): Fields {
  const parts = (['data', 'binaryData'] as const).flatMap((key): [string, unknown][] => {
    const values = object[key];
    if (!isRecord(values)) return [];
    const entries = Object.entries(values).map(([name, value]): [string, unknown] =>
      isLogin(name, value) ? [name, mask(value, redactor)] : [name, value],
    );
    return [[key, Object.fromEntries(entries)]];
  });
  return { ...object, ...Object.fromEntries(parts) };
}

function isLogin(name: string, value: unknown): boolean {
  const text = String(value);
  const isKubeconfig = /^\s*kind:\s*["']?Config\b/m.test(text) || /"kind"\s*:\s*"Config"/.test(text);
  const holds = /client-key-data|client-certificate-data|PRIVATE KEY-----|^\s*(- )?token:/m.test(text);
  return isSecretName(name.replaceAll(/[.-]/g, '_')) || /kubeconfig/i.test(name) || isKubeconfig || holds;
}

function mask(value: unknown, redactor: Pick<Redactor, 'learn'>): string {
  teach(String(value), redactor);
  return MASK;
}

/**
 * An ordinary word, a path or a number is masked where it stands only: everywhere else it is evidence. So are the lines
 * of a longer text, of which only the parts that are known by shape are secrets.
 */
function teach(text: string, redactor: Pick<Redactor, 'learn'>): void {
  const value = text.trim();
  if (value.includes('\n')) {
    for (const part of SECRET_PARTS.flatMap((shape) => [...value.matchAll(shape)])) redactor.learn(part[1] ?? part[0]);
  } else if (!/^([a-z]+([._-][a-z]+)*|\/.*|\d{1,12}|true|false)$/.test(value)) redactor.learn(value);
}

const SECRET_PARTS = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY-----/g,
  /\b(?:client-key-data|token|password|passwd)["']?\s*:\s*["']?([^\s"',}]{6,})/g,
];

type Fields = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
