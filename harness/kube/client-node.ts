import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { ClientOptions } from 'ws';
import { type Impersonation, type KubeAccess, serverUrl } from './access.ts';
import type { ClusterAgent } from './agent.ts';

/**
 * client-node's word on who asks and with which certificates, for requests and websockets that all go through one
 * agent. Its own HTTP layer is not used: it waits for the rest of an answer that was cut, follows a redirection with
 * another verb, and drops the cause of a lost connection.
 * This file takes half a second to load: import it only once there is a cluster to work on.
 */
export class TunnelConfig extends KubeConfig {
  readonly #agent: ClusterAgent;
  readonly #impersonate: Impersonation | undefined;
  #proof: Promise<RequestOptions> | undefined;

  constructor(access: KubeAccess, agent: ClusterAgent) {
    super();
    this.loadFromOptions(oneContext(access));
    this.#agent = agent;
    this.#impersonate = access.impersonate;
  }

  override async applyToHTTPSOptions(options: RequestOptions | ClientOptions): Promise<void> {
    // Nothing of it changes, and client-node decodes every certificate and makes an agent each time it is asked.
    this.#proof ??= this.#applied();
    const { headers, ...proof } = await this.#proof;
    Object.assign(options, proof, { headers: { ...options.headers, ...headers } });
  }

  async #applied(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await super.applyToHTTPSOptions(options);
    // client-node would connect by itself, and of an impersonation it knows the user only.
    const headers = { ...options.headers, ...impersonationHeaders(this.#impersonate) };
    return { ...options, agent: this.#agent, headers };
  }
}

function impersonationHeaders(impersonate: Impersonation | undefined): Readonly<Record<string, string | string[]>> {
  const { uid, groups = [], extra = {} } = impersonate ?? {};
  return {
    ...(uid === undefined ? {} : { 'Impersonate-Uid': uid }),
    ...(groups.length === 0 ? {} : { 'Impersonate-Group': [...groups] }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, [...values]]),
    ),
  };
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
