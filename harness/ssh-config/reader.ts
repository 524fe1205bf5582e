import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Environment } from '../model/own-process.ts';
import { askSsh, FILE_LISTS, isOpenssh, type SshAnswer } from './ask-ssh.ts';
import { type ConfigReader, type EffectiveConfig, firstOf } from './host-config.ts';
import { type ConfigFile, expandHostName, readConfigFiles } from './read-files.ts';
import type { Account, SshName, SshRequest, SshSurroundings } from './request.ts';

/** Reads what is in effect for names: from ssh where it exists, else from the files. */
export async function openConfigReader(
  { configFile }: SshRequest,
  { signal, own, ...surroundings }: SshSurroundings,
  account: Account,
): Promise<ConfigReader> {
  const files = filesToRead(configFile, surroundings.systemConfig ?? '/etc/ssh/ssh_config', account);
  const program = await opensshProgram({ signal, own, ...surroundings });
  const readFiles = async (name: SshName, led: string | undefined) =>
    await readConfigFiles({ name, account, led }, files);
  const ask = async (name: SshName, file: string | undefined, led?: string) =>
    program === undefined ? undefined : await askSsh(name, { program, configFile: file, led, own, signal });
  // What nobody chose is the same for every name, as far as it is looked at.
  let defaults: Promise<SshAnswer | undefined> | undefined;
  return async (name, led) => {
    const answer = await ask(name, configFile, led);
    if (answer === undefined) return withDefaults(await readFiles(name, led), name, account);
    defaults ??= ask({ host: name.host }, '/dev/null');
    return await told(answer, (await defaults) ?? new Map(), () => readFiles(name, led));
  };
}

/** The path of OpenSSH's client; undefined when it is not installed, or `ssh` is another one. */
export async function opensshProgram({ program = 'ssh', own, signal }: SshSurroundings): Promise<string | undefined> {
  const path = await programPath(program, own.environment);
  return path !== undefined && (await isOpenssh(path, { own, signal })) ? path : undefined;
}

async function programPath(name: string, environment: Environment): Promise<string | undefined> {
  const folders = isAbsolute(name) ? [''] : (environment.PATH ?? '').split(delimiter).filter(isAbsolute);
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

function filesToRead(named: string | undefined, systems: string, { home }: Account): readonly ConfigFile[] {
  if (named === 'none') return [];
  if (named !== undefined) return [{ path: named, isSystems: false, isNamed: true }];
  return [
    { path: join(home, '.ssh/config'), isSystems: false, isNamed: false },
    { path: systems, isSystems: true, isNamed: false },
  ];
}

/**
 * ssh knows what is in effect, but neither where it stands nor whether somebody wrote what is the default anyway: the
 * files tell that, as far as they can be read without ssh.
 */
async function told(
  answer: SshAnswer,
  defaults: SshAnswer,
  readFiles: () => Promise<EffectiveConfig>,
): Promise<EffectiveConfig> {
  const files = await readFiles().catch(() => undefined);
  const differs = (keyword: string) =>
    JSON.stringify(answer.get(keyword) ?? []) !== JSON.stringify(defaults.get(keyword) ?? []);
  const values = new Map(answer);
  // ssh prints a list of files without its quotes: where the files say the same, they tell where one path ends.
  for (const keyword of FILE_LISTS) {
    const written = files?.values.get(keyword);
    if (written !== undefined && written.join(' ') === answer.get(keyword)?.join(' ')) values.set(keyword, written);
  }
  return {
    values,
    placeOf: (keyword) => files?.placeOf(keyword) ?? 'ssh_config',
    isSet: (keyword) => differs(keyword) || files?.isSet(keyword) === true,
    isToldBySsh: true,
  };
}

/** The defaults of ssh_config(5), as far as they matter to the way. */
function withDefaults(config: EffectiveConfig, { host, user, port }: SshName, account: Account): EffectiveConfig {
  const values = new Map(config.values);
  const hostName = firstOf(config, 'hostname');
  values.set('hostname', [(hostName === undefined ? host : expandHostName(hostName, host)).toLowerCase()]);
  const alias = firstOf(config, 'hostkeyalias');
  // known_hosts knows names in lower case.
  if (alias !== undefined) values.set('hostkeyalias', [alias.toLowerCase()]);
  if (user !== undefined) values.set('user', [user]);
  if (port !== undefined) values.set('port', [String(port)]);
  for (const [keyword, defaults] of Object.entries(DEFAULTS)) {
    if (!values.has(keyword)) values.set(keyword, defaults);
  }
  if (!values.has('userknownhostsfile')) {
    values.set(
      'userknownhostsfile',
      ['known_hosts', 'known_hosts2'].map((file) => join(account.home, '.ssh', file)),
    );
  }
  return { ...config, values };
}

const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  globalknownhostsfile: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
  identityfile: ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk'].map((type) => `~/.ssh/id_${type}`),
  serveraliveinterval: ['0'],
  serveralivecountmax: ['3'],
};
