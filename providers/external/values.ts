import { delimiter, resolve } from 'node:path';
import type { KubeconfigSource } from '../../harness/model/host.ts';
import type { SettingValues } from '../../harness/provider/contract.ts';
import type { SshName, SshRequest } from '../../harness/ssh-config/request.ts';

/** The settings of this provider, as the common table reads them. */
export interface ExternalValues {
  /** Absent without --ssh: only the API is reachable then. */
  readonly ssh: SshRequest | undefined;
  readonly kubeconfig: KubeconfigSource;
  /** False: nobody said where the kubeconfig is. */
  readonly isKubeconfigNamed: boolean;
  readonly context: string | undefined;
  readonly node: string | undefined;
  readonly boskos: { readonly url: string | undefined; readonly type: string | undefined; readonly waitMs: number };
}

/** Where a node keeps the kubeconfig of its cluster: kubeadm, k3s, RKE2, MicroShift, and whoever logs in. */
export const NODE_KUBECONFIGS: readonly string[] = [
  '/etc/kubernetes/admin.conf',
  '/etc/rancher/k3s/k3s.yaml',
  '/etc/rancher/rke2/rke2.yaml',
  '/var/lib/microshift/resources/kubeadmin/kubeconfig',
  '~/.kube/config',
];

/** Picks the rows of this provider. A value of a shape that the table cannot have made reads as absent. */
export function externalValues(values: SettingValues): ExternalValues {
  return {
    ssh: sshRequest(values),
    kubeconfig: kubeconfigSource(text(values.kubeconfig)),
    isKubeconfigNamed: text(values.kubeconfig) !== undefined,
    context: text(values['kube-context']),
    node: text(values.node),
    boskos: {
      url: text(values.boskos),
      type: text(values['boskos-type']),
      waitMs: typeof values['lease-wait'] === 'number' ? values['lease-wait'] : 0,
    },
  };
}

function sshRequest(values: SettingValues): SshRequest | undefined {
  const name = sshName(values.ssh);
  if (name === undefined) return undefined;
  const jumps = Array.isArray(values['ssh-jump']) ? values['ssh-jump'].flatMap((one) => sshName(one) ?? []) : undefined;
  const checking = values['ssh-host-key-checking'];
  return {
    name,
    transport: values['ssh-transport'] === 'openssh' ? 'openssh' : 'builtin',
    ...present({
      jumps,
      configFile: text(values['ssh-config']),
      keyFiles: texts(values['ssh-key']),
      passphraseFile: text(values['ssh-passphrase-file']),
      passwordFile: text(values['ssh-password-file']),
      agent: text(values['ssh-agent']),
      knownHostsFiles: texts(values['ssh-known-hosts']),
      pinnedHostKey: text(values['ssh-host-key']),
      hostKeyChecking: checking === 'yes' || checking === 'accept-new' || checking === 'ask' ? checking : undefined,
    }),
  };
}

/** Without the fields that are undefined. */
function present<T extends object>(fields: T): { readonly [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

/** `node`, `node:PATH`, or a file; a list as KUBECONFIG may hold it is merged by whoever reads it, as kubectl does. */
function kubeconfigSource(value: string | undefined): KubeconfigSource {
  if (value === undefined || value === 'node' || value === 'node:') return { kind: 'node', paths: NODE_KUBECONFIGS };
  if (value.startsWith('node:')) return { kind: 'node', paths: [value.slice('node:'.length)] };
  const files = value.split(delimiter).filter((file) => file !== '');
  return { kind: 'file', path: files.map((file) => resolve(file)).join(delimiter) };
}

function sshName(value: unknown): SshName | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { user, host, port } = value as Readonly<Record<string, unknown>>;
  if (typeof host !== 'string') return undefined;
  return {
    host,
    ...(typeof user === 'string' ? { user } : {}),
    ...(typeof port === 'number' ? { port } : {}),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
}
