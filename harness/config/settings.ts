import type { Parsed, Setting } from '../model/setting.ts';
import { BUNDLE_ROWS } from './bundle-rows.ts';
import { FLEET_ROWS } from './fleet-rows.ts';
import { KUBEVIRT_ROWS } from './kubevirt-rows.ts';
import type { LabelFilter } from './label-filter.ts';
import { parseLabelFilter } from './label-filter.ts';
import { LEASE_ROWS } from './lease-rows.ts';
import { LEAVE_ROWS } from './leave-rows.ts';
import { NODE_ROWS } from './node-rows.ts';
import { duration, memoryQuantity, onOff, regex, seed, technologies, text } from './parsers.ts';

type Row = Omit<Setting, 'key'>;

/** Everything that `run` takes, by key. Flags, environment, sevlane.yaml, help and README all come from here. */
export const TABLE = {
  ...NODE_ROWS,
  ...FLEET_ROWS,
  ...KUBEVIRT_ROWS,
  require: {
    group: 'Tests',
    valueName: 'LIST',
    parse: technologies,
    help: 'technologies that must be proven: sev, sev-es, sev-snp; default: what the host can do, at least sev',
  },
  'label-filter': {
    group: 'Tests',
    valueName: 'FILTER',
    env: ['KUBEVIRT_LABEL_FILTER'],
    parse: labelFilter,
    help: "cases by label, in Ginkgo's syntax: && || ! ( ) and comma",
  },
  focus: { group: 'Tests', valueName: 'REGEX', parse: regex(), help: 'only cases whose title matches' },
  skip: { group: 'Tests', valueName: 'REGEX', parse: regex(), help: 'no cases whose title matches' },
  seed: {
    group: 'Tests',
    valueName: 'NUMBER',
    parse: seed,
    default: '1',
    help: 'decides every random choice, so that a run can be repeated',
  },
  'guest-image': {
    group: 'Guest',
    valueName: 'IMAGE',
    parse: text,
    help: "container disk that guests boot; default: KubeVirt's Fedora test image of the tested version",
  },
  'guest-user': {
    group: 'Guest',
    valueName: 'NAME',
    parse: text,
    default: 'fedora',
    help: 'who logs in on the console',
  },
  'guest-password': {
    group: 'Guest',
    valueName: 'TEXT',
    parse: text,
    default: 'fedora',
    secret: true,
    help: 'password of that user',
  },
  'guest-login-prompt': {
    group: 'Guest',
    valueName: 'REGEX',
    parse: regex('m'),
    // One word before "login:", or "Last failed login:" would be taken for the prompt. No end: the kernel may write on.
    default: '^\\S+ login: ',
    help: 'how the console asks for the user',
  },
  'guest-password-prompt': {
    group: 'Guest',
    valueName: 'REGEX',
    parse: regex('m'),
    default: '^Password: ',
    help: 'how the console asks for the password',
  },
  'guest-shell-prompt': {
    group: 'Guest',
    valueName: 'REGEX',
    parse: regex('m'),
    default: '^\\[\\S+@\\S+ [^\\]]+\\][$#] ',
    help: 'how the shell waits for a command',
  },
  'guest-kernel-log-command': {
    group: 'Guest',
    valueName: 'COMMAND',
    parse: text,
    default: 'sudo dmesg --color=never',
    help: "prints the guest kernel's log",
  },
  'guest-memory': {
    group: 'Guest',
    valueName: 'QUANTITY',
    parse: memoryQuantity,
    default: '1Gi',
    help: 'memory of a guest',
  },
  'guest-boot-timeout': budget('Guest', '6m', 'a guest from its creation to its login prompt'),
  ...LEASE_ROWS,
  'connect-timeout': budget('Time', '1m', 'reaching the node over SSH'),
  'probe-timeout': budget('Time', '1m', 'asking the node what it can do'),
  'cluster-timeout': budget('Time', '2m', 'reaching the Kubernetes API through the node'),
  'kubevirt-timeout': budget('Time', '15m', 'installing KubeVirt until it is ready'),
  'suites-timeout': budget('Time', '1h15m', 'all suites together'),
  'run-timeout': {
    group: 'Time',
    valueName: 'TIME',
    parse: duration(1000),
    help: "the whole run without undoing; default: 2h, in Prow the job's own timeout less undo-timeout and a minute",
  },
  'undo-timeout': budget('Time', '10m', 'undoing everything, whatever happened'),
  ...LEAVE_ROWS,
  artifacts: {
    group: 'Report',
    valueName: 'DIR',
    env: ['ARTIFACTS'],
    parse: text,
    help: 'where JUnit, report and evidence go; default: _artifacts/<run>',
  },
  ...BUNDLE_ROWS,
  quiet: { group: 'Report', parse: onOff, default: 'false', help: 'no progress, only the closing paragraph' },
  verbose: { group: 'Report', parse: onOff, default: 'false', help: 'progress with every detail' },
  json: { group: 'Report', parse: onOff, default: 'false', help: 'events on stdout, one JSON object a line' },
} as const satisfies Readonly<Record<string, Row>>;

/** A key of the table. */
export type SettingKey = keyof typeof TABLE;

/** The table's rows in order. */
export const SETTINGS: readonly Setting[] = Object.entries(TABLE).map(([key, row]: [string, Row]) => ({ key, ...row }));

/** A simulated node is reached through a real connection, which may be cut and heal. */
const ANY_NODE_KEYS: readonly SettingKey[] = ['provider', 'connection-budget'];

/**
 * Rows that say how to reach a real node. With a simulated provider they would be ignored in silence, so naming them
 * there is a mistake; KubeVirt's own variables are let pass.
 */
export const REAL_NODE_KEYS: ReadonlySet<string> = new Set<SettingKey>([
  ...(Object.keys(NODE_ROWS) as (keyof typeof NODE_ROWS)[]).filter((key) => !ANY_NODE_KEYS.includes(key)),
  ...(Object.keys(FLEET_ROWS) as (keyof typeof FLEET_ROWS)[]),
]);

/** What each row's `parse` gives: rows with a default are always set, switches are true or false. */
export type CoreValues = { readonly [Key in SettingKey]: ValueOf<(typeof TABLE)[Key]> };

type ValueOf<R extends Row> = R['parse'] extends (text: string) => Parsed<infer Value>
  ? R extends { readonly default: string }
    ? Value
    : Value | undefined
  : never;

function budget<const Default extends string>(group: string, time: Default, help: string) {
  return { group, valueName: 'TIME', parse: duration(1000), default: time, help: `time for ${help}` } as const;
}

function labelFilter(value: string): Parsed<LabelFilter> {
  const filter = parseLabelFilter(value);
  if ('matches' in filter) return { value: filter };
  return {
    problem: `column ${filter.column}: ${filter.problem}\n${filter.picture}`,
    fix: "use labels joined by && || ! ( ) and commas, e.g. '(SEV || SEVES) && !QUARANTINE'",
  };
}
