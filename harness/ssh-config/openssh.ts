import { stat } from 'node:fs/promises';
import type { OpensshTarget } from '../model/host.ts';
import type { SettingProblem } from '../model/setting.ts';
import { type Hop, spelled } from './hops.ts';
import { checkingMode } from './host-keys.ts';
import type { SshRequest, SshSurroundings } from './request.ts';

/** The words that the system's ssh is called with: it reads its own configuration, so only what our flags say. */
export function opensshTarget(program: string, hop: Hop, { request, surroundings }: OpensshQuestion): OpensshTarget {
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
      ...(keyFiles ?? []).flatMap((file) => ['-i', file]),
      ...(keyFiles === undefined ? [] : option('IdentitiesOnly', 'yes')),
      ...(agent === undefined || agent === ambient ? [] : option('IdentityAgent', quoted(agent))),
      ...(knownHostsFiles === undefined
        ? []
        : [
            ...option('UserKnownHostsFile', knownHostsFiles.map(quoted).join(' ')),
            ...option('GlobalKnownHostsFile', 'none'),
          ]),
      ...option('StrictHostKeyChecking', mode),
    ],
  };
}

/** What is asked for, and by whom. */
export interface OpensshQuestion {
  readonly request: SshRequest;
  readonly surroundings: SshSurroundings;
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

/** ssh reads the value of -o as a line of ssh_config. */
function quoted(path: string): string {
  return /[\s"'\\#]/.test(path) ? `"${path.replace(/["\\]/g, '\\$&')}"` : path;
}
