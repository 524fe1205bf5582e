import { createHash } from 'node:crypto';
import { readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { ProcessIdentity } from '../command/process-state.ts';
import type { OwnProcess } from '../model/own-process.ts';
import { copyAt } from './copy-place.ts';

/** The files of `sevlane provider` in kubevirtci's folder of the provider "external". */
export interface ProviderFolder {
  readonly folder: string;
  /** What KubeVirt's scripts source. */
  readonly script: string;
  /** Where cluster-up/kubeconfig.sh says that it is. */
  readonly kubeconfig: string;
  readonly record: string;
  readonly log: string;
}

/** @param configPath KUBEVIRTCI_CONFIG_PATH. */
export function providerFolder(configPath: string): ProviderFolder {
  const folder = join(configPath, 'external');
  return {
    folder,
    script: join(folder, 'config-provider-external.sh'),
    kubeconfig: join(folder, '.kubeconfig'),
    record: join(folder, '.sevlane-tunnel.json'),
    log: join(folder, '.sevlane-tunnel.log'),
  };
}

/** The tunnel in the background, for whoever comes later. */
export interface TunnelRecord extends ProcessIdentity {
  /** Of everything that decides where it leads. */
  readonly fingerprint: string;
  /** The kubeconfig that it was made of, when one was given. */
  readonly source?: string;
  /** The file in which it tells its address once it is up. */
  readonly answer: string;
  /** The uppermost folder that had to be made for the files. */
  readonly made?: string;
}

/** Undefined when there is none, or none that can be read. */
export async function readRecord(path: string): Promise<TunnelRecord | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof found !== 'object' || found === null) return undefined;
    const { pid, startTime, fingerprint, source, answer, made } = found as Readonly<Record<string, unknown>>;
    if (typeof pid !== 'number' || typeof fingerprint !== 'string' || typeof answer !== 'string') return undefined;
    return {
      pid,
      fingerprint,
      answer,
      ...(typeof startTime === 'string' ? { startTime } : {}),
      ...(typeof source === 'string' ? { source } : {}),
      ...(typeof made === 'string' ? { made } : {}),
    };
  } catch {
    return undefined;
  }
}

/** False when there is one already: somebody else was faster. */
export async function writeRecord(path: string, record: TunnelRecord): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes away what a tunnel that has ended left, its record last, and its folders. */
export async function removeTraces(
  files: ProviderFolder,
  record: TunnelRecord | undefined,
  own: Pick<OwnProcess, 'kill'>,
): Promise<void> {
  if (record !== undefined) await rm(record.answer, { force: true });
  if ((await copyAt(files.kubeconfig, own)) === 'of the dead') await rm(files.kubeconfig, { force: true });
  for (const path of [files.log, files.record]) await rm(path, { force: true });
  await removeFolders(files, record);
}

/** Takes away kubevirtci's folder of the provider and those above that were made for it, where nobody has put anything in. */
export async function removeFolders({ folder }: ProviderFolder, record: TunnelRecord | undefined): Promise<void> {
  const above = record?.made === undefined ? '' : relative(record.made, folder);
  const steps = above === '' || above.startsWith('..') ? 0 : above.split(sep).length;
  let path = folder;
  try {
    for (let step = 0; step <= steps; step++) {
      await rmdir(path);
      path = dirname(path);
    }
  } catch {
    // What others have put there stays.
  }
}

/** The same for settings that lead to the same place. No secret is among them: those are files. */
export function fingerprintOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
