import { FIELD_MANAGER } from '../kube/fence.ts';
import type { KubeObject } from '../kube/objects.ts';
import { RUN_LABEL } from '../kube/sweep.ts';

/** What tells of an object who made it, or changed it. */
export interface Marks {
  /** It carries the label of a run. */
  readonly run?: string;
  /** KubeVirt or CDI made it, or it is of one of their kinds. */
  readonly isKubevirts: boolean;
  /** The object that controls it, by its key in a snapshot. */
  readonly controller?: string;
  readonly namespace?: string;
  /** Fields that sevlane has written, as an outline names them. */
  readonly ownFields: readonly string[];
}

/** Of labels, annotations, finalizers, groups and devices. */
export const KUBEVIRTS = /(^|[./])(kubevirt\.io)($|[/:])/;
const MANAGED_BY = /^(virt-operator|kubevirt|cdi-operator)/;

interface ManagedFields {
  readonly manager?: string;
  readonly fieldsV1?: unknown;
}

/** Reads them off an object. `nameOf` is how kubectl calls the kind that an owner is of. */
export function marksOf(object: KubeObject, nameOf: (kind: string, group: string) => string): Marks {
  const { labels = {}, namespace, name = '', ownerReferences = [], managedFields } = object.metadata;
  const managed = (Array.isArray(managedFields) ? managedFields : []) as readonly ManagedFields[];
  const owner = ownerReferences.find(({ controller }) => controller === true);
  const group = object.apiVersion?.includes('/') ? (object.apiVersion.split('/')[0] ?? '') : '';
  const isKubevirts =
    MANAGED_BY.test(labels['app.kubernetes.io/managed-by'] ?? '') ||
    'kubevirt.io' in labels ||
    KUBEVIRTS.test(group) ||
    KUBEVIRTS.test(name) ||
    managed.some(({ manager = '' }) => /^virt-(operator|api|controller|handler)$/.test(manager) && !isShared(object));
  const run = labels[RUN_LABEL];
  return {
    isKubevirts,
    ownFields: managed.filter(({ manager }) => manager === FIELD_MANAGER).flatMap((each) => fieldsOf(each.fieldsV1)),
    ...(run === undefined ? {} : { run }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(owner === undefined ? {} : { controller: ownerKey(owner, namespace, nameOf) }),
  };
}

/** KubeVirt writes into nodes that are not its own. */
function isShared({ kind }: KubeObject): boolean {
  return kind === 'Node' || kind === 'Namespace';
}

function ownerKey(
  { apiVersion, kind, name }: { readonly apiVersion: string; readonly kind: string; readonly name: string },
  namespace: string | undefined,
  nameOf: (kind: string, group: string) => string,
): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const resource = nameOf(kind, group);
  // Nothing but a Node controls across the border of a namespace: static pods are its.
  return namespace === undefined || kind === 'Node' ? `${resource} "${name}"` : `${resource} "${namespace}/${name}"`;
}

/** `{"f:metadata":{"f:labels":{"f:a":{}}}}` is `metadata.labels[a]`, as an outline names it. */
function fieldsOf(tree: unknown): readonly string[] {
  const children = (value: unknown) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, each]) => (key.startsWith('f:') ? [[key.slice(2), each] as const] : []))
      : [];
  return children(tree).flatMap(([part, inner]) =>
    children(inner).flatMap(([name, each]) => {
      const field = `${part}.${name}`;
      const keys = children(each).map(([key]) => `${field}[${key}]`);
      return [field, ...keys];
    }),
  );
}
