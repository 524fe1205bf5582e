import { access, constants, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { SettingProblem } from '../../harness/provider/contract.ts';
import { readPrivateKey } from '../../harness/ssh/private-key.ts';
import type { ExternalValues } from './values.ts';

/** Every mistake that can be seen before anything is opened, each with its place and its fix. */
export async function checkExternal(values: ExternalValues): Promise<readonly SettingProblem[]> {
  const checks = await Promise.all([
    checkCredentials(values),
    checkKnownHosts(values),
    checkFile('--kubeconfig', values.kubeconfig, 'the kubeconfig of the cluster on the node'),
  ]);
  const node: readonly SettingProblem[] =
    values.node === undefined
      ? [{ place: '--ssh', problem: 'no node is named', fix: 'write --ssh user@host:port' }]
      : [];
  return [...node, ...checks.flat()];
}

async function checkCredentials({ keyFile, passwordFile }: ExternalValues): Promise<readonly SettingProblem[]> {
  if (keyFile === undefined && passwordFile === undefined) {
    return [{ place: '--ssh-key', problem: 'no key for the node is given', fix: 'write --ssh-key FILE' }];
  }
  const password = passwordFile === undefined ? [] : await checkSecretFile('--ssh-password-file', passwordFile);
  if (keyFile === undefined) return password;
  const key = await checkSecretFile('--ssh-key', keyFile);
  return [...password, ...(key.length > 0 ? key : await checkKey(keyFile))];
}

async function checkKey(path: string): Promise<readonly SettingProblem[]> {
  const reading = readPrivateKey(await readFile(path), path);
  return 'problem' in reading ? [{ place: '--ssh-key', problem: reading.problem, fix: reading.fix }] : [];
}

async function checkSecretFile(place: string, path: string): Promise<readonly SettingProblem[]> {
  const problems = await checkFile(place, path, 'the file');
  if (problems.length > 0) return problems;
  const { mode, uid } = await stat(path);
  // As ssh does: the owner of a file that others can read has made a mistake.
  if (uid !== userInfo().uid || (mode & 0o077) === 0) return [];
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  return [{ place, problem: `${path} can be read by others (mode ${shown})`, fix: `chmod 600 ${path}` }];
}

async function checkKnownHosts({ knownHostsFiles, node }: ExternalValues): Promise<readonly SettingProblem[]> {
  const place = '--ssh-known-hosts';
  const states = await Promise.all(knownHostsFiles.map(fileState));
  const unreadable = knownHostsFiles.filter((_, index) => states[index] === 'may not be read');
  if (unreadable.length > 0) {
    return unreadable.map((path) => ({ place, problem: `${path} may not be read`, fix: `chmod u+r ${path}` }));
  }
  if (states.includes('fine')) return [];
  const where = knownHostsFiles.join(', ') || 'no file is named';
  const host = node === undefined ? 'HOST' : node.port === 22 ? node.host : `-p ${node.port} ${node.host}`;
  return [
    {
      place,
      problem: `none of the known_hosts files exists: ${where}`,
      fix: `ssh-keyscan ${host} >> ${knownHostsFiles[0] ?? '~/.ssh/known_hosts'}, and compare the fingerprint with the host's own`,
    },
  ];
}

async function checkFile(place: string, path: string | undefined, what: string): Promise<readonly SettingProblem[]> {
  if (path === undefined) return [{ place, problem: `${what} is not given`, fix: `write ${place} FILE` }];
  const state = await fileState(path);
  if (state === 'fine') return [];
  const fix = state === 'may not be read' ? `chmod u+r ${path}` : `give the path of ${what}`;
  return [{ place, problem: `${path} ${state}`, fix }];
}

async function fileState(path: string): Promise<'fine' | 'does not exist' | 'is not a file' | 'may not be read'> {
  try {
    if (!(await stat(path)).isFile()) return 'is not a file';
    await access(path, constants.R_OK);
    return 'fine';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : 'may not be read';
  }
}
