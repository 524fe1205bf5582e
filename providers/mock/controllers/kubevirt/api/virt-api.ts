import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Backend } from '../../../api/backends.ts';
import { untilStopped } from '../../../clock.ts';
import { admit } from '../../../kubevirt/admit.ts';
import type { KubevirtVersion } from '../../../kubevirt/version.ts';
import type { Program } from '../../kubelet/program.ts';
import { admissionCluster } from '../admission-cluster.ts';
import { type ClusterConfig, componentOf, followConfig, releaseOf } from '../component.ts';
import { HandlerRefusal } from '../handler/server.ts';
import type { Wiring } from '../wiring.ts';
import { internalError, SubresourceRefusal, sendJson, sendText } from './answers.ts';
import { denial } from './authorize.ts';
import type { ApiContext, Call } from './context.ts';
import { vmiOf } from './context.ts';
import { discoveryDocument, groupDocument, versionDocument } from './documents.ts';
import { readBody, readPath } from './requests.ts';
import { refuse, Streams } from './streams.ts';
import { VM_GETS, VM_PUTS } from './vm-subresources.ts';
import { consoleRefusal, VMI_GETS, VMI_PUTS, vncRefusal } from './vmi-subresources.ts';

/** virt-api: the webhooks of VMs and VMIs, and the aggregated API of their subresources. */
export function virtApi(wiring: Wiring): Program {
  return async (context) => {
    const component = componentOf(context, 'virt-api');
    const namespace = context.pod.metadata.namespace ?? '';
    const version = releaseOf(context);
    const follow = followConfig(component, namespace, version);
    const api: ApiContext = { component, wiring, namespace, config: follow.config };
    const streams = new Streams();
    await Promise.race([follow.informer.synced, untilStopped(context.signal)]);
    const backend = virtApiBackend(api, { version, follow, streams });
    const leave = wiring.services.join(context.network, namespace, 'virt-api', backend);
    context.log('{"component":"virt-api","level":"info","msg":"Started virt-api"}');
    context.ready();
    await untilStopped(context.signal);
    leave();
    streams.close();
    return 0;
  };
}

interface Serving {
  readonly version: KubevirtVersion;
  readonly follow: ClusterConfig;
  readonly streams: Streams;
}

function virtApiBackend(api: ApiContext, serving: Serving): Backend {
  const cluster = admissionCluster(api.component.rest);
  const failed = (error: unknown) =>
    api.component.tasks.report(error instanceof Error ? error : new Error(String(error)));
  return {
    admit: (path, review) =>
      admit(path, review, {
        ...{ cluster, version: serving.version, namespace: api.namespace, kubevirt: serving.follow.cr() },
        now: () => api.component.clock.now(),
        uuid: () => crypto.randomUUID(),
      }),
    serve: (request, response) => {
      serve(api, serving, { request, response }).catch((error: unknown) => {
        failed(error);
        if (!response.headersSent) sendText(response, 500, 'internal error');
      });
    },
    upgrade: (request, socket, head) => {
      upgrade(api, serving, { request, socket, head }).catch((error: unknown) => {
        failed(error);
        socket.destroy();
      });
    },
  };
}

async function upgrade(
  api: ApiContext,
  { streams }: Serving,
  {
    request,
    socket,
    head,
  }: { request: IncomingMessage; socket: Parameters<NonNullable<Backend['upgrade']>>[1]; head: Buffer },
): Promise<void> {
  const asked = readPath(pathOf(request));
  if (asked === undefined) return refuse(socket, 404, '404: Page Not Found', 'text/plain');
  const no = await denial(api.component, request, asked);
  if (no !== undefined) return refuse(socket, 401, no, 'text/plain');
  await streams.upgrade({ context: api, request: asked, body: undefined }, request, { socket, head });
}

async function serve(
  api: ApiContext,
  serving: Serving,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const path = pathOf(request);
  const document = documentAt(path, serving.version, api.namespace);
  if (document !== undefined) return sendJson(response, 200, document);
  const asked = readPath(path);
  if (asked === undefined) return sendText(response, 404, '404: Page Not Found');
  const no = await denial(api.component, request, asked);
  if (no !== undefined) return sendText(response, 401, no);
  const gets = asked.resource === 'virtualmachines' ? VM_GETS : VMI_GETS;
  const puts = asked.resource === 'virtualmachines' ? VM_PUTS : VMI_PUTS;
  const isGet = request.method === 'GET';
  const handler = (isGet ? gets : puts)[asked.subresource];
  try {
    const body = await readBody(request);
    const call: Call = { context: api, request: asked, body };
    if (isGet && STREAMS.has(asked.subresource)) return await withoutUpgrade(call, response);
    if (handler === undefined) return sendText(response, 404, '404: Page Not Found');
    const answer = await handler(call);
    if (answer.body === undefined) sendText(response, answer.code);
    else sendJson(response, answer.code, answer.body);
  } catch (error) {
    const refusal = refusalOf(error);
    // GET handlers of virt-api turn every refusal into a bare 500.
    if (
      isGet &&
      handler !== undefined &&
      asked.resource === 'virtualmachineinstances' &&
      !/feature gate/.test(refusal.message)
    )
      sendText(response, 500, refusal.message);
    else sendJson(response, refusal.body.code, refusal.body);
  }
}

const STREAMS = new Set(['console', 'vnc', 'portforward', 'usbredir', 'vsock']);

/** A stream that was asked for without a websocket: the checks come first. */
async function withoutUpgrade(call: Call, response: ServerResponse): Promise<void> {
  const vmi = await vmiOf(call);
  const refusal =
    call.request.subresource === 'console'
      ? consoleRefusal(call, vmi)
      : call.request.subresource === 'vnc'
        ? vncRefusal(call, vmi)
        : undefined;
  if (refusal !== undefined) throw refusal;
  const message =
    "websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header";
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'BadRequest',
    code: 400,
  };
  sendText(response, 400, `Bad Request\n${JSON.stringify(status, null, 1)}`);
}

function refusalOf(error: unknown): SubresourceRefusal {
  if (error instanceof SubresourceRefusal) return error;
  if (error instanceof HandlerRefusal)
    return internalError(
      error.status === 500
        ? `unexpected return code 500 (500 Internal Server Error), message: ${error.message}`
        : error.message,
    );
  const { status, message } = error as { readonly status?: number; readonly message?: string };
  if (status === undefined) throw error;
  return internalError(message ?? '');
}

function documentAt(path: string, version: KubevirtVersion, namespace: string): unknown {
  const root = '/apis/subresources.kubevirt.io';
  if (path === root) return groupDocument();
  const match =
    /^\/apis\/subresources\.kubevirt\.io\/(v1|v1alpha3)(?:\/(version|healthz|guestfs|start-cluster-profiler))?$/.exec(
      path,
    );
  if (match === null) return undefined;
  const [, api = '', what] = match;
  switch (what) {
    case undefined:
      return discoveryDocument(`subresources.kubevirt.io/${api}`, version);
    case 'version':
      return versionDocument(version);
    case 'healthz':
      return { apiserver: { connectivity: 'ok', version: version.text }, 'config-resource-version': '0' };
    case 'guestfs':
      return { registry: 'quay.io/kubevirt', tag: version.text, imagePrefix: '', namespace };
    default:
      return undefined;
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0]?.replace(/\/$/, '') ?? '';
}
