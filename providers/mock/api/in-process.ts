import type { KubeAnswer, KubeApi, KubeApiAs, KubeRequest, WatchEvent } from '../controllers/seam.ts';
import type { Api } from './api.ts';
import { answerOffTheWire } from './in-process-hand-over.ts';
import type { UserInfo } from './objects.ts';
import type { ApiRequest, WatchSource } from './request.ts';

/** The seam of the simulated controllers, answered without any wire. Requests are never faulted; RBAC counts. */
export function inProcess(api: Api): KubeApiAs {
  return (username, extra) => {
    const user: UserInfo = { username, groups: groupsOf(username), ...(extra === undefined ? {} : { extra }) };
    return {
      request: (request) => answer(api, user, request),
      watch: (path, signal) => watch(api, user, path, signal),
    };
  };
}

// The server's own loopback client and whoever administers the cluster.
const MASTERS = new Set(['system:apiserver', 'kubernetes-admin']);

function groupsOf(username: string): readonly string[] {
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username);
  if (MASTERS.has(username)) return ['system:masters', 'system:authenticated'];
  if (account !== null)
    return ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`, 'system:authenticated'];
  if (username.startsWith('system:node:')) return ['system:nodes', 'system:authenticated'];
  return ['system:authenticated'];
}

function requestOf(user: UserInfo, { method, path, body, contentType }: KubeRequest, signal: AbortSignal): ApiRequest {
  return {
    method,
    path,
    headers: { 'content-type': contentType ?? 'application/json', 'user-agent': programOf(user.username) },
    ...(body === undefined ? {} : { body: { value: body } }),
    identity: { by: 'trusted', user },
    signal,
  };
}

/** The program behind an account, as it names itself in requests: from that come the names of field managers. */
function programOf(username: string): string {
  if (username.startsWith('system:serviceaccount:kube-system:')) return 'kube-controller-manager';
  if (username.startsWith('system:node:')) return 'kubelet';
  const name = username.split(':').at(-1) ?? '';
  return name.replace(/^kubevirt-(?=(operator|controller|handler)$)/, 'virt-');
}

const NEVER = new AbortController().signal;

async function answer(api: Api, user: UserInfo, request: KubeRequest): Promise<KubeAnswer> {
  const response = await api.handle(requestOf(user, request, NEVER));
  switch (response.type) {
    case 'object':
      return { status: response.status, body: response.body };
    case 'text':
      return { status: response.status, body: response.text };
    case 'stream':
      return { status: response.status, body: (await response.stream.toArray()).join('') };
    case 'hand-over':
      return await answerOffTheWire(request, response.serve);
    default:
      return { status: 400, body: `${request.path} is no plain request` };
  }
}

async function* watch(api: Api, user: UserInfo, path: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const watching = path.includes('watch=') ? path : `${path}${path.includes('?') ? '&' : '?'}watch=true`;
  const response = await api.handle(requestOf(user, { method: 'GET', path: watching }, signal));
  if (response.type !== 'watch') {
    if (response.type === 'object') yield { type: 'ERROR', object: response.body as WatchEvent['object'] };
    return;
  }
  yield* drain(response.events, signal);
}

async function* drain(source: WatchSource, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const queue: WatchEvent[] = [];
  let ended = signal.aborted;
  let wake = () => {};
  const end = () => {
    ended = true;
    wake();
  };
  const stop = source({
    event: (event) => {
      queue.push(event as WatchEvent);
      wake();
    },
    end,
  });
  signal.addEventListener('abort', end, { once: true });
  try {
    while (!signal.aborted) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else if (ended) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', end);
    stop();
  }
}

export type { KubeApi };
