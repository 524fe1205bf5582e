import type { KubeObject } from '../../../api/objects.ts';
import { canonical } from '../../canonical.ts';
import type { Informer } from '../../informer.ts';
import { keyOf, type Workload } from '../../kinds.ts';
import { Refusal, type Rest } from '../../rest.ts';
import { collectionOf, pathOf } from './kinds.ts';

interface Known {
  readonly annotations: string;
  /** Everything but the annotations, which carry the operator's stamp. */
  readonly content: string;
}

/** What an operator has applied: it writes only what is new, has changed or has vanished. */
export class Applied {
  readonly #rest: Rest;
  readonly #informerOf: (object: KubeObject) => Informer<Workload> | undefined;
  readonly #known = new Map<string, Known>();

  /** `informerOf` gives the informer of kinds whose vanishing is to be noticed. */
  constructor(rest: Rest, informerOf: (object: KubeObject) => Informer<Workload> | undefined) {
    this.#rest = rest;
    this.#informerOf = informerOf;
  }

  /** Forgets everything, because it is being removed. */
  clear(): void {
    this.#known.clear();
  }

  async apply(object: KubeObject): Promise<void> {
    const path = pathOf(object);
    const informer = this.#informerOf(object);
    const vanished = informer !== undefined && informer.get(keyOf(object)) === undefined;
    const { annotations, ...metadata } = object.metadata;
    const wanted = { annotations: canonical(annotations), content: canonical({ ...object, metadata }) };
    const known = vanished ? undefined : this.#known.get(path);
    if (known?.annotations === wanted.annotations && known.content === wanted.content) return;
    const live =
      known === undefined
        ? await this.#createOrPatch(path, object)
        : await this.#patch(path, known.content === wanted.content ? { metadata: { annotations } } : object);
    informer?.observe(live);
    this.#known.set(path, wanted);
  }

  async #createOrPatch(path: string, object: KubeObject): Promise<Workload> {
    const created = await this.#rest.create<Workload>(collectionOf(object), object).catch((error: unknown) => {
      if (error instanceof Refusal && error.reason === 'AlreadyExists') return undefined;
      throw error;
    });
    return created ?? (await this.#patch(path, object));
  }

  async #patch(path: string, body: unknown): Promise<Workload> {
    return await this.#rest.patch<Workload>(path, 'merge', body);
  }
}
