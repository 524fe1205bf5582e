import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { NODE_ROWS } from '../../../harness/config/node-rows.ts';
import { InfraError } from '../../../harness/errors/errors.ts';
import type { SettingValues } from '../../../harness/provider/contract.ts';
import type { Scope } from '../../../harness/scope/scope.ts';
import type { Resource } from './client.ts';

/** What the fleet may tell of a host: the settings of the same names. Of known_hosts it gives the lines, not a file. */
const KEYS = ['ssh', 'ssh-jump', 'ssh-host-key', 'kubeconfig', 'kube-context', 'node'] as const;
const HOST_KEYS = 'ssh-known-hosts';

/**
 * The settings, with what Boskos's user data says of this host in place of what was set for all. Other keys are
 * somebody else's and are let pass. @throws InfraError with every mistake, or when there is no way to the host in it.
 */
export async function settingsOfHost(
  scope: Scope,
  { name, userData }: Resource,
  values: SettingValues,
): Promise<SettingValues> {
  const problems: string[] = [];
  const told = KEYS.flatMap((key): [string, unknown][] => {
    const text = userData[key]?.trim() ?? '';
    if (text === '') return [];
    const parsed = NODE_ROWS[key].parse(text);
    if ('problem' in parsed) problems.push(`${key}: ${parsed.problem}`);
    return 'value' in parsed ? [[key, parsed.value]] : [];
  });
  const kubeconfig = userData.kubeconfig?.trim() ?? 'node';
  if (!/^node(:.*)?$/.test(kubeconfig) && !isAbsolute(kubeconfig))
    problems.push(`kubeconfig: "${kubeconfig}" is neither node, node:PATH nor an absolute path`);
  if (userData.ssh === undefined) {
    const keys = Object.keys(userData);
    problems.push(
      `it has no key ssh, which says where the host is${keys.length === 0 ? '' : `, but ${keys.join(', ')}`}`,
    );
  }
  if (problems.length > 0) {
    throw new InfraError(`user data of host "${name}" of Boskos: ${problems.join('; ')}`, {
      hint: 'correct the user data of this resource; see docs/fleets.md',
    });
  }
  const lines = userData[HOST_KEYS] ?? '';
  const files = values[HOST_KEYS];
  const known = lines.trim() === '' ? [] : [await fileWith(scope, lines)];
  const knownHosts = known.length === 0 ? {} : { [HOST_KEYS]: [...known, ...(Array.isArray(files) ? files : [])] };
  return { ...values, ...Object.fromEntries(told), ...knownHosts };
}

/** Host keys are public: a file that a killed run leaves behind tells nobody a secret. */
async function fileWith(scope: Scope, lines: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sevlane-host-keys-'));
  scope.defer('known_hosts of the lent host', 1000, async () => await rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'known_hosts');
  await writeFile(file, lines.endsWith('\n') ? lines : `${lines}\n`, { mode: 0o600 });
  return file;
}
