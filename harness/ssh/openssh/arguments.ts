import type { SshTarget } from '../../model/host.ts';
import type { Environment } from '../../model/own-process.ts';

interface MasterFiles {
  /** Of the control socket: ours alone, in a folder of mode 0700. */
  readonly controlPath: string;
  /** ssh_config of ours; it includes the user's. */
  readonly configPath: string;
  /** Script that vouches for the one key that is taken, when one is pinned. */
  readonly pinPath: string;
  /** Types of key that the host has shown already, none of them the pinned one. */
  readonly notPinned: readonly string[];
}

/**
 * What ssh has to observe on the way to the node and to every host in between, whatever the user's files say: the first
 * value that ssh meets counts.
 */
export function masterConfig(
  target: Pick<SshTarget, 'hostKeys' | 'openssh' | 'serverAlive'>,
  { mayAsk, seenPath }: { readonly mayAsk: boolean; readonly seenPath: string },
): string {
  const { hostKeys, openssh } = target;
  const lines = [
    // Words that older versions do not know.
    'IgnoreUnknown ForkAfterAuthentication,StdinNull,SessionType,KnownHostsCommand',
    `StrictHostKeyChecking ${hostKeys.mode ?? 'yes'}`,
    'NoHostAuthenticationForLocalhost no',
    `BatchMode ${mayAsk ? 'no' : 'yes'}`,
    ...serverAlive(target),
    'TCPKeepAlive yes',
    // Nobody else's connection is used, and nobody else's forwards are opened.
    'ControlMaster no',
    'ControlPath none',
    'ControlPersist no',
    'ClearAllForwardings yes',
    'ExitOnForwardFailure yes',
    'ForwardAgent no',
    'ForwardX11 no',
    'PermitLocalCommand no',
    'RemoteCommand none',
    'RequestTTY no',
    'Tunnel no',
    'ForkAfterAuthentication no',
    'UpdateHostKeys no',
    'VisualHostKey no',
    'LogLevel INFO',
    ...(openssh?.before ?? []),
    ...configFiles(openssh?.args ?? []).map((path) => `Include ${quoted(path)}`),
    // Where the user's files say nothing. It bounds the way to the greeting; logging in may need a touch of a key.
    'Match all',
    'ConnectTimeout 15',
    `KnownHostsCommand ${hostKeyCommand(seenPath)}`,
    ...(openssh?.after ?? []),
    '',
  ];
  return lines.join('\n');
}

/** A loss is noticed within 8 s; what the user set may only make that sooner. */
function serverAlive({ serverAlive: own }: Pick<SshTarget, 'serverAlive'>): readonly string[] {
  const sooner = (value: number | undefined, most: number) =>
    value === undefined || value <= 0 ? most : Math.min(most, Math.max(1, Math.ceil(value)));
  const seconds = own === undefined ? undefined : own.intervalMs / 1000;
  return [`ServerAliveInterval ${sooner(seconds, 2)}`, `ServerAliveCountMax ${sooner(own?.countMax, 3)}`];
}

/**
 * The words that follow `ssh`: one process in the foreground that listens on our control socket and runs nothing. What
 * must hold for the node itself stands before the user's own words, because the first value counts.
 */
export function masterArguments(
  target: SshTarget,
  { controlPath, configPath, pinPath, notPinned }: MasterFiles,
): readonly string[] {
  const { connectWithinMs, hostKeys, openssh } = target;
  const timeout = connectWithinMs === undefined ? [] : [`ConnectTimeout=${Math.ceil(connectWithinMs / 1000)}`];
  const pin = hostKeys.pinned === undefined ? [] : pinOptions(pinPath, notPinned);
  return [
    ...['-F', configPath, '-N', '-T', '-M', '-S', controlPath.replaceAll('%', '%%')],
    ...[...timeout, ...pin].flatMap((option) => ['-o', option]),
    ...withoutConfigFile(openssh?.args ?? []),
    '--',
    openssh?.destination ?? `${target.user}@${target.host}`,
  ];
}

/** Before what the script of a pin has seen instead. */
export const PIN_WORD = 'sevlane-pin:';

/** Before a key that a host shows: ssh itself does not tell the fingerprint of one that it does not know. */
export const SEEN_WORD = 'sevlane-seen:';

/** A known_hosts command that knows no host, and tells name, type and fingerprint of the key that is shown. */
export const SEEN_SCRIPT = `[ "$3" = NONE ] || echo "${SEEN_WORD} $1 $2 $4" >&2\n`;

/** A known_hosts command that knows the host by exactly this key. */
export function pinScript(pinned: string): string {
  return [
    // It is asked for an order of algorithms first, before a key is offered.
    '[ "$3" = NONE ] && exit 0',
    `if [ "$4" = '${pinned.replaceAll("'", '')}' ]; then echo "$1 $2 $3"`,
    `else echo "${PIN_WORD} $2 $4" >&2`,
    'fi',
    '',
  ].join('\n');
}

function pinOptions(pinPath: string, notPinned: readonly string[]): readonly string[] {
  const others = notPinned.map((type) => (type === 'ssh-rsa' ? 'rsa-sha2-*,ssh-rsa*' : `${type}*`)).join(',');
  return [
    ...(others === '' ? [] : [`HostKeyAlgorithms=-${others}`]),
    `KnownHostsCommand=${hostKeyCommand(pinPath)}`,
    'UserKnownHostsFile=none',
    'GlobalKnownHostsFile=none',
    'StrictHostKeyChecking=yes',
  ];
}

function hostKeyCommand(script: string): string {
  return `/bin/sh ${quoted(script.replaceAll('%', '%%'))} %H %t %K %f`;
}

/** What ssh needs of our environment: to find its agent, tickets, configuration and the programs that it calls. */
export function sshEnvironment(all: Environment): Environment {
  return Object.fromEntries(Object.entries(all).filter(([name]) => PASSED_ON.test(name)));
}

const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|SSH_AUTH_SOCK|SSH_SK_\w+|KRB5\w+|XDG_RUNTIME_DIR|PKCS11\w*)$/;

/** `-F none` includes nothing; `-F FILE` only that; else ssh's own two, where a system keeps the second. */
function configFiles(args: readonly string[]): readonly string[] {
  const given = configFileIn(args);
  if (given === 'none') return [];
  return given === undefined ? ['~/.ssh/config', '/etc/ssh/ssh_config', '/usr/etc/ssh/ssh_config'] : [given];
}

function configFileIn(args: readonly string[]): string | undefined {
  const at = args.findIndex((word) => word.startsWith('-F'));
  return at < 0 ? undefined : args[at] === '-F' ? args[at + 1] : args[at]?.slice(2);
}

function withoutConfigFile(args: readonly string[]): readonly string[] {
  const at = args.findIndex((word) => word.startsWith('-F'));
  return at < 0 ? args : [...args.slice(0, at), ...args.slice(at + (args[at] === '-F' ? 2 : 1))];
}

function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
