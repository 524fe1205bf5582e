import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { ClientOptions } from 'ws';
import { stringify } from 'yaml';
import { type KubeAccess, serverUrl } from './access.ts';
import type { ClusterAgent } from './agent.ts';

/**
 * client-node's word on who asks and with which certificates, for requests and websockets that all go through one
 * agent. Its own HTTP layer is not used: it waits for the rest of an answer that was cut, follows a redirection with
 * another verb, and drops the cause of a lost connection.
 * This file takes half a second to load: import it only once there is a cluster to work on.
 */
export class TunnelConfig extends KubeConfig {
  readonly #agent: ClusterAgent;
  readonly #groups: readonly string[];

  constructor(access: KubeAccess, agent: ClusterAgent) {
    super();
    this.loadFromOptions(oneContext(access));
    this.#agent = agent;
    this.#groups = access.impersonate?.groups ?? [];
  }

  override async applyToHTTPSOptions(options: RequestOptions | ClientOptions): Promise<void> {
    await super.applyToHTTPSOptions(options);
    // client-node would connect by itself, and knows of no groups.
    const groups = this.#groups.length > 0 ? { 'Impersonate-Group': this.#groups } : {};
    Object.assign(options, { agent: this.#agent, headers: { ...options.headers, ...groups } });
  }
}

/** The same access as a kubeconfig that needs no other file. It holds secrets: write it with mode 0600 only. */
export function kubeconfigCopy(access: KubeAccess): string {
  const config = new KubeConfig();
  config.loadFromOptions(oneContext(access));
  const exported: Exported = JSON.parse(config.exportConfig());
  const groups = access.impersonate?.groups;
  if (groups !== undefined) exported.users[0].user['as-groups'] = groups;
  return stringify(exported);
}

/** The part of an exported config that lacks something. */
interface Exported {
  readonly users: readonly [{ readonly user: Record<string, unknown> }];
}

function oneContext(access: KubeAccess): object {
  const { ca, clientCertificate, token, basicAuth, impersonate, namespace } = access;
  const names = { cluster: 'cluster', user: 'user' };
  const cluster = {
    name: names.cluster,
    server: serverUrl(access),
    skipTLSVerify: false,
    caData: base64(ca),
    tlsServerName: access.serverName === access.server.host ? undefined : access.serverName,
  };
  const user = {
    name: names.user,
    certData: base64(clientCertificate?.cert),
    keyData: base64(clientCertificate?.key),
    token,
    ...basicAuth,
    impersonateUser: impersonate?.user,
  };
  return {
    currentContext: access.context,
    contexts: [{ name: access.context, ...names, namespace }],
    clusters: [cluster],
    users: [user],
  };
}

function base64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text).toString('base64');
}
