/** The rooms and the files in them; the first pattern that matches counts. */
export const ROOMS: readonly (readonly [room: string, pattern: RegExp])[] = [
  ['main', /^harness\/main(-run|-tool|-doctor|-refusals|-version)?\.ts$/],
  ['run', /^harness\/run(-folder\.ts|\.ts|\/)/],
  ['plan', /^harness\/plan\.ts$/],
  ['provider', /^harness\/provider\//],
  ['model', /^harness\/model\//],
  ['errors', /^harness\/errors\//],
  ['config', /^harness\/config\//],
  ['scope', /^harness\/scope\//],
  ['ssh', /^harness\/ssh\//],
  ['kube', /^harness\/kube\//],
  ['command', /^harness\/command\//],
  ['ssh-config', /^harness\/ssh-config\//],
  ['doctor', /^harness\/doctor\//],
  ['tools', /^harness\/tools\//],
  ['host', /^harness\/host\//],
  ['explain', /^harness\/explain\//],
  ['bundle', /^harness\/evidence\/bundle\//],
  ['evidence', /^harness\/evidence\//],
  ['traces', /^harness\/traces\//],
  ['kubevirt', /^harness\/kubevirt\//],
  ['suite', /^harness\/suite\//],
  ['reports', /^reports\//],
  ['providers/index', /^providers\/index\.ts$/],
  ['providers/external', /^providers\/external\//],
  ['providers/mock', /^providers\/mock\//],
  ['suites', /^suites\//],
];

/**
 * Who may import whom, besides itself: names of rooms, or single files of a room. Type-only imports and `import()`
 * count too. docs/architecture.md shows the same table.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  errors: ['model'],
  // Texts and what they mean, nothing else: whoever reports or collects may ask.
  explain: ['model'],
  config: ['model', 'errors'],
  reports: ['model', 'errors', 'explain'],
  scope: ['model', 'errors'],
  provider: ['model', 'scope'],
  ssh: ['model', 'errors', 'scope', 'command', 'harness/provider/contract.ts'],
  command: ['model', 'errors', 'scope'],
  'ssh-config': [
    'model',
    'errors',
    'scope',
    'command',
    'harness/ssh/private-key.ts',
    'harness/ssh/host-key-commands.ts',
    'harness/ssh/shell-word.ts',
  ],
  kube: ['model', 'errors', 'scope', 'command', 'harness/ssh/connection.ts', 'harness/ssh/read-again.ts'],
  host: ['model', 'errors', 'scope', 'ssh', 'kube'],
  evidence: ['model', 'errors', 'explain', 'scope', 'ssh', 'kube'],
  traces: [
    'model',
    'errors',
    'scope',
    'kube',
    'harness/ssh/connection.ts',
    'harness/ssh/read-again.ts',
    'harness/ssh/shell-word.ts',
  ],
  // It reads everything that a failure leaves behind, wherever that is; nobody below it knows of it.
  bundle: ['model', 'errors', 'explain', 'scope', 'ssh', 'kube', 'kubevirt', 'host', 'evidence'],
  kubevirt: ['model', 'errors', 'scope', 'kube', 'command'],
  doctor: [
    'model',
    'errors',
    'scope',
    'command',
    'provider',
    'ssh',
    'kube',
    'host',
    'kubevirt',
    'harness/config/run-config.ts',
    'harness/evidence/redact.ts',
  ],
  tools: ['model', 'errors', 'scope', 'provider', 'ssh', 'kube', 'command'],
  suite: ['model', 'errors', 'scope', 'kube', 'kubevirt', 'host', 'evidence', 'bundle', 'harness/config/run-config.ts'],
  plan: ['model', 'errors', 'config', 'scope', 'kubevirt', 'suite'],
  run: [
    'model',
    'errors',
    'config',
    'scope',
    'provider',
    'ssh',
    'kube',
    'command',
    'host',
    'evidence',
    'traces',
    'bundle',
    'kubevirt',
    'suite',
    'plan',
    'doctor',
  ],
  'providers/external': [
    'model',
    'errors',
    'scope',
    'provider',
    'ssh',
    'ssh-config',
    'command',
    // What a fleet says of a host is read as the settings of the same names.
    'harness/config/node-rows.ts',
  ],
  // It shares our wire and never our client code, nor any table of what is expected: or both would share one mistake.
  'providers/mock': ['model', 'errors', 'scope', 'provider'],
  'providers/index': ['provider', 'providers/external', 'providers/mock'],
  suites: [
    'model',
    'harness/suite/guest-cases.ts',
    'harness/kubevirt/domain-xml.ts',
    'harness/kubevirt/kernel-log.ts',
    'harness/kubevirt/launcher.ts',
    'harness/kubevirt/quantity.ts',
    'harness/kubevirt/versions.ts',
  ],
  main: [
    'model',
    'errors',
    'config',
    'provider',
    'plan',
    'run',
    'doctor',
    'tools',
    'reports',
    'providers/index',
    'harness/evidence/redact.ts',
  ],
};

/** Files that a room may not import although it may import theirs: tables of what the harness expects. */
export const NEVER: Readonly<Record<string, readonly string[]>> = {
  'providers/mock': ['harness/model/guests.ts'],
};

/** Packages that belong to certain rooms. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@kubernetes/client-node': ['kube'],
  ssh2: ['ssh', 'providers/mock'],
  mocha: ['suite'],
  chai: ['suites'],
  commander: ['config'],
  'log-update': ['reports'],
  'junit-report-builder': ['reports'],
  undici: ['kubevirt'],
};

/** The room of a file, from the root of the project. */
export function roomOf(file: string): string | undefined {
  return ROOMS.find(([, pattern]) => pattern.test(file))?.[0];
}

/** What is wrong with this import; undefined when it is allowed. */
export function crossing(file: string, target: string): string | undefined {
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === undefined) return `${file} stands in no room`;
  if (to === undefined) return `${file} imports ${target}, which stands in no room`;
  if (NEVER[from]?.includes(target) === true) return `${file} (${from}) imports ${target}, which it must never share`;
  if (from === to) return undefined;
  const allowed = MAY_IMPORT[from] ?? [];
  if (allowed.includes(to) || allowed.includes(target)) return undefined;
  return `${file} (${from}) imports ${target} (${to})`;
}

/** What is wrong with importing this package here; undefined when it is allowed. */
export function wrongPackage(file: string, specifier: string): string | undefined {
  const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? '');
  const rooms = PACKAGES[name];
  const room = roomOf(file) ?? '';
  if ((room === 'model' || room === 'errors') && !specifier.startsWith('node:')) return `${file} imports ${specifier}`;
  return rooms === undefined || rooms.includes(room) ? undefined : `${file} (${room}) imports ${specifier}`;
}
