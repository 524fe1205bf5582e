import { stat } from 'node:fs/promises';
import type { OpensshTarget } from '../model/host.ts';
import type { SettingProblem } from '../model/setting.ts';
import { type Hop, spelled } from './hops.ts';
import { checkingMode } from './host-keys.ts';
import type { SshRequest, SshSurroundings } from './request.ts';

/** The words that the system's ssh is called with: it reads its own configuration, so only what our flags say. */
export function opensshTarget(
  { program, hop, keysOnTheWay }: OpensshCall,
  { request, surroundings }: OpensshQuestion,
): OpensshTarget {
  const { name, configFile, jumps, keyFiles, knownHostsFiles, agent } = request;
  const option = (keyword: string, value: string) => ['-o', `${keyword}=${value}`];
  const ambient = surroundings.own.environment.SSH_AUTH_SOCK;
  const mode = checkingMode(hop.config, request, surroundings.ask !== undefined);
  return {
    program,
    destination: name.host,
    args: [
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(name.user === undefined ? [] : ['-l', name.user]),
      ...(name.port === undefined ? [] : ['-p', String(name.port)]),
      ...(jumps === undefined ? [] : ['-J', jumps.map(spelled).join(',')]),
      // Not -i: it would be read with tokens too, but looked for as it is written.
      ...(keyFiles ?? []).flatMap((file) => option('IdentityFile', literal(file))),
      ...(keyFiles === undefined ? [] : option('IdentitiesOnly', 'yes')),
      ...option('StrictHostKeyChecking', mode),
    ],
    before: [
      ...(agent === undefined || agent === ambient ? [] : [`IdentityAgent ${literal(agent)}`]),
      ...(knownHostsFiles === undefined
        ? []
        : [`UserKnownHostsFile ${knownHostsFiles.map(literal).join(' ')}`, 'GlobalKnownHostsFile none']),
    ],
    after: keysOnTheWay.flatMap(({ host, files }) => [
      `Match originalhost ${host}`,
      ...files.map((file) => `IdentityFile ${literal(file)}`),
    ]),
  };
}

/** The program, the node, and the keys for hosts in between for which ssh_config names none. */
export interface OpensshCall {
  readonly program: string;
  readonly hop: Hop;
  readonly keysOnTheWay: readonly { readonly host: string; readonly files: readonly string[] }[];
}

/** What is asked for, and by whom. */
export interface OpensshQuestion {
  readonly request: SshRequest;
  readonly surroundings: SshSurroundings;
}

/** The words after `ssh` with which a person reaches the last of these hosts, as we do. */
export function wordsByHand(
  hops: readonly Hop[],
  { configFile, keyFiles, knownHostsFiles }: SshRequest,
): readonly string[] {
  const names = hops.map(({ name }) => spelled(name));
  const last = hops.at(-1)?.name;
  if (last === undefined) return [];
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(keyFiles ?? []).flatMap((file) => ['-i', file]),
    ...(knownHostsFiles === undefined ? [] : ['-o', `UserKnownHostsFile=${knownHostsFiles.map(literal).join(' ')}`]),
    ...(names.length < 2 ? [] : ['-J', names.slice(0, -1).join(',')]),
    ...(last.port === undefined ? [] : ['-p', String(last.port)]),
    `${last.user === undefined ? '' : `${last.user}@`}${last.host}`,
  ];
}

/** What the system's ssh cannot do for us: it is not there, or it would have to be given a secret. */
export async function opensshProblems(
  { request }: OpensshQuestion,
  program: string | undefined,
): Promise<readonly SettingProblem[]> {
  const problems: SettingProblem[] = [];
  if (program === undefined) {
    const fix = 'install openssh-client, or leave the flag out';
    problems.push({ place: '--ssh-transport', problem: 'there is no ssh of OpenSSH on PATH', fix });
  }
  for (const key of ['passphraseFile', 'passwordFile'] as const) {
    if (request[key] === undefined) continue;
    const place = key === 'passphraseFile' ? '--ssh-passphrase-file' : '--ssh-password-file';
    const problem = "the system's ssh is not given any secret: it has only its keys and its agent";
    problems.push({ place, problem, fix: 'add the key to an ssh-agent: ssh-add FILE' });
  }
  for (const path of request.keyFiles ?? []) {
    if (
      await stat(path).then(
        () => true,
        () => false,
      )
    )
      continue;
    problems.push({ place: '--ssh-key', problem: `${path} does not exist`, fix: 'give the path of a file' });
  }
  return problems;
}

/** As a value of ssh_config that means this very path: ssh looks for tokens in it. */
function literal(path: string): string {
  const text = path.replaceAll('%', '%%');
  return /[\s"'\\#]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}
