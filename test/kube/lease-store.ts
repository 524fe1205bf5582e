import type { ServerResponse } from 'node:http';
import type { Lease } from '../../harness/kube/lease/record.ts';
import { json, refuse, type Seen } from './api-server.ts';

/** Leases as an API server keeps them: compare-and-swap, labels, times of creation. */
export class LeaseStore {
  readonly leases = new Map<string, Lease>();
  /** Who held `sevlane`, in order, and which requests changed anything. */
  readonly holders: string[] = [];
  version = 0;
  /** Refuses everything, as a server without its store does. */
  isBroken = false;
  /** Holds back the answer to a request, or the request itself, until it is resolved. */
  holdBack: ((seen: Seen) => Promise<void> | undefined) | undefined;
  loseAnswer: ((seen: Seen) => boolean) | undefined;
  #madeMs = Date.parse('2026-01-01T00:00:00Z');

  readonly handle = async (seen: Seen, answer: ServerResponse): Promise<void> => {
    await this.holdBack?.(seen);
    if (this.isBroken) return refuse(answer, 500, 'InternalError', 'etcd is gone');
    const { method, path, query, body } = seen;
    const name = path.split('/leases/')[1];
    const stored = name === undefined ? undefined : this.leases.get(name);
    if (method === 'GET' && name === undefined) return json(answer, this.#list(query.get('labelSelector') ?? ''));
    const sent = body === '' ? undefined : JSON.parse(body);
    if (method === 'POST') {
      if (this.leases.has(sent.metadata.name)) return refuse(answer, 409, 'AlreadyExists', 'exists');
      this.#madeMs += 1000;
      const creationTimestamp = new Date(this.#madeMs).toISOString().replace('.000Z', 'Z');
      this.write({ ...sent, metadata: { ...sent.metadata, creationTimestamp, uid: `uid-${this.version}` } });
      return this.#answer(seen, answer, sent.metadata.name);
    }
    if (stored === undefined || name === undefined) return refuse(answer, 404, 'NotFound', `no lease ${name}`);
    if (method === 'GET') return json(answer, stored);
    const expected = method === 'DELETE' ? sent?.preconditions : sent?.metadata;
    if (expected?.resourceVersion && expected.resourceVersion !== stored.metadata.resourceVersion) {
      return refuse(answer, 409, 'Conflict', 'the object has been modified');
    }
    if (method === 'DELETE') this.leases.delete(name);
    else if (method === 'PUT') this.write(sent);
    else this.write({ ...stored, spec: { ...stored.spec, ...sent.spec } });
    this.#answer(seen, answer, name);
  };

  /** The lease that all compete for. */
  get lock(): Lease | undefined {
    return this.leases.get('sevlane');
  }

  /** Writes past the API. */
  write(lease: Lease): void {
    const { name = '' } = lease.metadata;
    this.leases.set(name, { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.version) } });
    const holder = lease.spec?.holderIdentity ?? '';
    if (name === 'sevlane' && holder !== this.holders.at(-1)) this.holders.push(holder);
  }

  /** Names of the runs that wait. */
  waiting(): readonly string[] {
    return [...this.leases.keys()].filter((name) => name.startsWith('sevlane-waiting-'));
  }

  #list(selector: string): unknown {
    const [label = '', value] = selector.split('=');
    const items = [...this.leases.values()].filter(({ metadata }) => metadata.labels?.[label] === value);
    const metadata = { resourceVersion: String(this.version) };
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'LeaseList', metadata, items };
  }

  #answer(seen: Seen, answer: ServerResponse, name: string): void {
    if (this.loseAnswer?.(seen) === true) return;
    json(answer, this.leases.get(name) ?? { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
  }
}
