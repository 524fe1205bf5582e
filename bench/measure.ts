import { CoreV1Api, KubeConfig, type RequestContext } from '@kubernetes/client-node';
import type { KubeAccess } from '../harness/kube/access.ts';
import { ClusterAgent } from '../harness/kube/agent.ts';
import { TunnelConfig } from '../harness/kube/client-node.ts';
import { median, type PathName } from './rows.ts';
import { drained, type Reach, urlOf } from './ways.ts';

/** How often a thing is done in one round; a line of 20 ms shows the same with less. */
const TIMES = {
  loopback: { requests: 150, events: 80, parallel: 2000, lists: 6, streamBytes: 64 << 20, clientLists: 20 },
  '20 ms': { requests: 20, events: 80, parallel: 1000, lists: 5, streamBytes: 64 << 20, clientLists: 8 },
} as const;

const SMALL = '/api/v1/nodes/n';
const MEGABYTE = 1e6;
/** At 1 MB/s more would take minutes. */
const SLOW_BYTES = 4 << 20;

/** The rows of an open way that ask its agent, in the order in which they are measured. */
export const MEASURES = {
  request: (way: Reach, path: PathName) =>
    medianOf(TIMES[path].requests, async () => void (await drained(await way.get(SMALL)))),
  watch,
  parallel,
  lists: async (way: Reach, path: PathName) => {
    const count = way.name === 'sshuttle' ? 1 : TIMES[path].lists;
    return await rate(async () => {
      let bytes = 0;
      for (let n = 0; n < count; n += 1) bytes += await drained(await way.get('/api/v1/configmaps'));
      return bytes / MEGABYTE;
    });
  },
  stream: async (way: Reach, path: PathName) => {
    const bytes = way.name === 'sshuttle' ? SLOW_BYTES : TIMES[path].streamBytes;
    return await rate(async () => (await drained(await way.get(`/stream?bytes=${bytes}`))) / MEGABYTE);
  },
} as const;

/** client-node's list of one object: over the lane's shared agent, or as client-node itself connects. */
export async function clientNodeList(way: Reach, access: KubeAccess, path: PathName): Promise<number> {
  const config = way.agent instanceof ClusterAgent ? new SharedAgent(access, way.agent) : stockConfig(way, access);
  const api = config.makeApiClient(CoreV1Api);
  return await medianOf(TIMES[path].clientLists, async () => {
    const { items } = await api.listNamespacedConfigMap({ namespace: 'default' });
    if (items.length !== 1) throw new Error(`a list of ${items.length} objects, where there is one`);
  });
}

/** client-node's own requests, each of which makes a new agent otherwise. */
class SharedAgent extends TunnelConfig {
  readonly #shared: ClusterAgent;

  constructor(access: KubeAccess, shared: ClusterAgent) {
    super(access, shared);
    this.#shared = shared;
    // client-node hands its certificates to the agent, not to the request.
    const { ca, clientCertificate } = access;
    Object.assign(shared.options, { ca, ...clientCertificate });
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    context.setAgent(this.#shared);
  }
}

function stockConfig(way: Reach, access: KubeAccess): KubeConfig {
  const config = new KubeConfig();
  const { ca = '', clientCertificate } = access;
  const base64 = (text = '') => Buffer.from(text).toString('base64');
  config.loadFromOptions({
    clusters: [{ name: 'c', server: urlOf(way, access), caData: base64(ca) }],
    users: [{ name: 'u', certData: base64(clientCertificate?.cert), keyData: base64(clientCertificate?.key) }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  return config;
}

/** From the server's write to our read: both sides read one monotonic clock. */
async function watch(way: Reach, path: PathName): Promise<number> {
  const answer = await way.get('/watch');
  const delays: number[] = [];
  let isFirst = true;
  let text = '';
  await new Promise<void>((resolve, reject) => {
    answer.once('error', reject);
    answer.on('data', (chunk: Buffer) => {
      const now = process.hrtime.bigint();
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const [sentAt = ''] = text.slice(0, end).split(' ', 1);
        text = text.slice(end + 1);
        // The first one comes with the head of the answer.
        if (!isFirst) delays.push(Number(now - BigInt(sentAt)) / 1e6);
        isFirst = false;
      }
      if (delays.length >= TIMES[path].events) resolve();
    });
  });
  answer.on('error', () => {}).destroy();
  return median(delays);
}

async function parallel(way: Reach, path: PathName): Promise<number> {
  const work = async (count: number) => {
    for (let n = 0; n < count; n += 1) await drained(await way.get(SMALL));
  };
  const all = async (count: number) => {
    await Promise.all(Array.from({ length: 32 }, () => work(Math.ceil(count / 32))));
    return Math.ceil(count / 32) * 32;
  };
  // All connections are open before the clock starts.
  await all(32);
  return await rate(() => all(TIMES[path].parallel));
}

async function medianOf(times: number, work: () => Promise<void>): Promise<number> {
  await work();
  const taken: number[] = [];
  for (let n = 0; n < times; n += 1) taken.push(await timed(work));
  return median(taken);
}

/** Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function rate(work: () => Promise<number>): Promise<number> {
  const startedAt = performance.now();
  const amount = await work();
  return (amount * 1000) / (performance.now() - startedAt);
}
