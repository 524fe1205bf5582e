import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HostPort } from '../../harness/model/host.ts';
import type { SettingValues } from '../../harness/provider/contract.ts';

/** The settings of this provider, as the common table reads them. */
export interface ExternalValues {
  readonly node: (HostPort & { readonly user: string }) | undefined;
  readonly keyFile: string | undefined;
  readonly passwordFile: string | undefined;
  readonly knownHostsFiles: readonly string[];
  readonly kubeconfig: string | undefined;
}

const DEFAULT_KNOWN_HOSTS = [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'];

/** Picks the rows of this provider. A value of a shape that the table cannot have made reads as absent. */
export function externalValues(values: SettingValues): ExternalValues {
  return {
    node: address(values.ssh),
    keyFile: texts(values['ssh-key'])[0],
    passwordFile: text(values['ssh-password-file']),
    knownHostsFiles: values['ssh-known-hosts'] === undefined ? DEFAULT_KNOWN_HOSTS : texts(values['ssh-known-hosts']),
    kubeconfig: text(values.kubeconfig),
  };
}

function address(value: unknown): ExternalValues['node'] {
  if (typeof value !== 'object' || value === null) return undefined;
  const { user, host, port = 22 } = value as Readonly<Record<string, unknown>>;
  return typeof user === 'string' && typeof host === 'string' && typeof port === 'number'
    ? { user, host, port }
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
