import { stringify } from 'yaml';
import { type KubeAccess, serverUrl } from './access.ts';

/** What differs from the access in the copy. */
interface CopyChanges {
  /** Where programs on this side reach the server, in place of its own address; its certificate's name stays. */
  readonly localPort?: number;
}

/**
 * The same access as a kubeconfig that needs no other file, for programs beside us. What changes by itself stays
 * as it was: a plugin is run and a token file on this side is read by them too. It holds secrets: write it with mode
 * 0600 only.
 */
export function kubeconfigCopy(access: KubeAccess, { localPort }: CopyChanges = {}): string {
  const server = localPort === undefined ? access.server : { host: '127.0.0.1', port: localPort };
  const cluster = {
    server: serverUrl({ ...access, server }),
    ...given('tls-server-name', access.serverName === server.host ? undefined : access.serverName),
    ...given('certificate-authority-data', base64(access.ca)),
    ...(access.execPlugin?.clusterConfig === undefined
      ? {}
      : { extensions: [{ name: EXEC_EXTENSION, extension: access.execPlugin.clusterConfig }] }),
  };
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      // Whoever is given this file as the way through an SSH connection can tell that it is none.
      ...(localPort === undefined && access.isLocalCopy !== true
        ? {}
        : { extensions: [{ name: COPY_EXTENSION, extension: { source: access.place } }] }),
      clusters: [{ name: 'cluster', cluster }],
      users: [{ name: 'user', user: userOf(access) }],
      contexts: [
        {
          name: access.context,
          context: { cluster: 'cluster', user: 'user', ...given('namespace', access.namespace) },
        },
      ],
      'current-context': access.context,
    },
    { lineWidth: 0 },
  );
}

/** The extension of a cluster whose value is for its exec plugin alone. */
export const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';
/** The extension that tells a copy of ours whose server address is a listener of this process. */
export const COPY_EXTENSION = 'sevlane.io/local-copy';

function userOf(access: KubeAccess): object {
  const { clientCertificate, token, tokenFile, basicAuth, impersonate, execPlugin } = access;
  const fresh = tokenFile?.side === 'here' ? { tokenFile: tokenFile.path } : given('token', token);
  return {
    ...given('client-certificate-data', base64(clientCertificate?.cert)),
    ...given('client-key-data', base64(clientCertificate?.key)),
    ...fresh,
    ...basicAuth,
    ...given('as', impersonate?.user),
    ...given('as-uid', impersonate?.uid),
    ...(impersonate === undefined || impersonate.groups.length === 0 ? {} : { 'as-groups': impersonate.groups }),
    ...given('as-user-extra', impersonate?.extra),
    ...(execPlugin === undefined ? {} : { exec: execOf(execPlugin) }),
  };
}

function execOf({ clusterConfig: _, env, ...plugin }: NonNullable<KubeAccess['execPlugin']>): object {
  return { ...plugin, env: Object.entries(env).map(([name, value]) => ({ name, value })) };
}

function given(field: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [field]: value };
}

function base64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text).toString('base64');
}
