import type { KubeObject, UserInfo } from '../objects.ts';
import type { Store } from '../store.ts';

/** One rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A binding that speaks of a user, with the rules of its role. */
export interface Grant {
  readonly rules: readonly PolicyRule[];
  /** In the words of the real authorizer's reason. */
  describe(): string;
}

/** Finds what is granted to whom. */
export interface Rules {
  /** Cluster-wide bindings, then those of the namespace if one is given. */
  grants(user: UserInfo, namespace: string): readonly Grant[];
  /** Complaints about bindings whose role is absent. */
  missingRoles(user: UserInfo, namespace: string): readonly string[];
}

const GROUP = 'rbac.authorization.k8s.io';
const RESOURCES = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'] as const;

interface Applying {
  readonly grants: readonly Grant[];
  readonly missing: readonly string[];
}

/** Follows the stored roles and bindings; answers are kept until one of them changes. */
export function openRules(store: Store): Rules {
  let known = new Map<string, Applying>();
  const forget = () => {
    known = new Map();
  };
  for (const resource of RESOURCES) store.subscribe(`${resource}.${GROUP}`, forget);
  const applying = (user: UserInfo, namespace: string): Applying => {
    const key = JSON.stringify([user.username, user.groups, namespace]);
    const found = known.get(key) ?? computed(store, user, namespace);
    known.set(key, found);
    return found;
  };
  return {
    grants: (user, namespace) => applying(user, namespace).grants,
    missingRoles: (user, namespace) => applying(user, namespace).missing,
  };
}

function computed(store: Store, user: UserInfo, namespace: string): Applying {
  const bindings = [
    ...store.list(`clusterrolebindings.${GROUP}`, ''),
    ...(namespace === '' ? [] : store.list(`rolebindings.${GROUP}`, namespace)),
  ];
  const grants: Grant[] = [];
  const missing: string[] = [];
  for (const binding of bindings) {
    const subject = ((binding.subjects ?? []) as readonly Subject[]).find((one) => speaksOf(one, user, binding));
    if (subject === undefined) continue;
    const { kind, name } = binding.roleRef as { kind: string; name: string };
    const role = roleOf(store, binding, kind, name);
    if (role === undefined) missing.push(`${kind.toLowerCase()}.${GROUP} ${JSON.stringify(name)} not found`);
    else grants.push({ rules: (role.rules ?? []) as readonly PolicyRule[], describe: () => words(binding, subject) });
  }
  return { grants, missing };
}

function roleOf(store: Store, binding: KubeObject, kind: string, name: string): KubeObject | undefined {
  if (kind === 'ClusterRole') return store.get({ resource: `clusterroles.${GROUP}`, namespace: '', name });
  return store.get({ resource: `roles.${GROUP}`, namespace: binding.metadata.namespace ?? '', name });
}

function speaksOf({ kind, name, namespace }: Subject, user: UserInfo, binding: KubeObject): boolean {
  if (kind === 'User') return name === user.username;
  if (kind === 'Group') return user.groups.includes(name);
  const place = namespace ?? binding.metadata.namespace ?? '';
  return kind === 'ServiceAccount' && user.username === `system:serviceaccount:${place}:${name}`;
}

function words(binding: KubeObject, subject: Subject): string {
  const { name = '', namespace } = binding.metadata;
  const { kind, name: role } = binding.roleRef as { kind: string; name: string };
  const place = namespace === undefined ? '' : `/${namespace}`;
  const type = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const who =
    subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace ?? ''}` : subject.name;
  return `${type} ${JSON.stringify(name + place)} of ${kind} ${JSON.stringify(role)} to ${subject.kind} ${JSON.stringify(who)}`;
}
