import type { AdmissionReview, Backend, NetworkSwitch } from '../../api/backends.ts';
import type { HandlerServer } from './handler/server.ts';
import type { Launcher } from './launcher/launcher.ts';

/** What the programs of KubeVirt reach one another by, beside the API: sockets on the node and the pod network. */
export interface Wiring {
  /** Command sockets of launchers, by the uid of their pod. */
  readonly launchers: Rendezvous<Launcher>;
  /** Port 8186 of virt-handlers, by the address of their pod. */
  readonly handlers: Rendezvous<HandlerServer>;
  readonly services: ServicePool;
}

/** Makes the wiring of one cluster. */
export function newWiring(): Wiring {
  return { launchers: new Rendezvous(), handlers: new Rendezvous(), services: new ServicePool() };
}

/** A table of listeners in which one can wait for somebody to listen. */
export class Rendezvous<T> {
  readonly #listeners = new Map<string, T>();
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Returns how to stop listening. */
  listen(address: string, listener: T): () => void {
    this.#listeners.set(address, listener);
    for (const wake of this.#waiting.get(address) ?? []) wake();
    this.#waiting.delete(address);
    return () => {
      if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
    };
  }

  get(address: string): T | undefined {
    return this.#listeners.get(address);
  }

  /** All who listen now. */
  all(): readonly T[] {
    return [...this.#listeners.values()];
  }

  /** Settles when somebody listens there; undefined when the signal aborts first. */
  async reach(address: string, signal: AbortSignal): Promise<T | undefined> {
    while (!signal.aborted) {
      const known = this.#listeners.get(address);
      if (known !== undefined) return known;
      await new Promise<void>((resolve) => {
        const wakers = this.#waiting.get(address) ?? new Set();
        const wake = () => {
          signal.removeEventListener('abort', wake);
          wakers.delete(wake);
          resolve();
        };
        wakers.add(wake);
        this.#waiting.set(address, wakers);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
    return undefined;
  }
}

/** Several pods behind one Service: the newest answers, and when it leaves the one before. */
export class ServicePool {
  readonly #members = new Map<string, Backend[]>();
  readonly #close = new Map<string, () => void>();

  /** Returns how to leave. */
  join(network: NetworkSwitch, namespace: string, name: string, backend: Backend): () => void {
    const key = `${namespace}/${name}`;
    const members = this.#members.get(key) ?? [];
    members.push(backend);
    this.#members.set(key, members);
    if (members.length === 1) this.#close.set(key, network.listenService(namespace, name, delegate(members)));
    return () => {
      const at = members.indexOf(backend);
      if (at < 0) return;
      members.splice(at, 1);
      if (members.length > 0) return;
      this.#close.get(key)?.();
      this.#close.delete(key);
    };
  }
}

function delegate(members: readonly Backend[]): Backend {
  return {
    admit: async (path, review): Promise<AdmissionReview> => {
      const admit = members.at(-1)?.admit;
      if (admit === undefined) throw new Error('connection refused');
      return await admit(path, review);
    },
    serve: (request, response) => {
      const serve = members.at(-1)?.serve;
      if (serve === undefined) response.destroy();
      else serve(request, response);
    },
    upgrade: (request, socket, head) => {
      const upgrade = members.at(-1)?.upgrade;
      if (upgrade === undefined) socket.destroy();
      else upgrade(request, socket, head);
    },
  };
}
