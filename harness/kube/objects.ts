/** Any Kubernetes object as the API gives it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** The parts of metadata that the harness reads. */
export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly controller?: boolean;
  }[];
  readonly [field: string]: unknown;
}

/** A whole list, all pages of it. */
export interface KubeList<T extends KubeObject = KubeObject> {
  readonly items: readonly T[];
  /** From here a watch goes on. */
  readonly resourceVersion: string;
}

/** `namespace/name`, or `name` of an object without a namespace: the key in a feed. */
export function objectKey({ metadata }: Pick<KubeObject, 'metadata'>): string {
  const name = metadata.name ?? '';
  return metadata.namespace === undefined ? name : `${metadata.namespace}/${name}`;
}

/** Where a resource lives in the API. */
export interface ResourcePath {
  /** e.g. `v1`, `apps/v1`. */
  readonly apiVersion: string;
  /** e.g. `pods`. */
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** e.g. `/apis/kubevirt.io/v1/namespaces/lane/virtualmachineinstances/sev-1`. Every part is escaped. */
export function resourcePath({ apiVersion, plural, namespace, name, subresource }: ResourcePath): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace === undefined ? [] : ['namespaces', namespace];
  const parts = [...within, plural, ...(name === undefined ? [] : [name])].map(encodeURIComponent);
  return [root, ...parts, ...(subresource === undefined ? [] : [subresource])].join('/');
}
