import { type LabelSelector, selects } from '../../label-selector.ts';
import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { keyOf, type Loose } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';

/** Fills aggregated ClusterRoles (admin, edit, view) with the rules of those that carry their labels. */
export function startClusterRoleAggregation(component: Component): void {
  const roles = component.informer<Loose>(pathTo(RESOURCES.clusterRoles));
  const loop = component.loop([roles], async (name) => {
    const role = roles.get(name);
    if (role === undefined) return;
    const selectors = selectorsOf(role);
    if (selectors.length === 0) return;
    const parts = roles
      .list()
      .filter((each) => each !== role && selectors.some((selector) => selects(selector, each.metadata.labels)))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const rules = parts.flatMap((part) => (part.rules ?? []) as readonly unknown[]);
    const unique = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
    if (JSON.stringify(role.rules ?? []) === JSON.stringify(unique)) return;
    await component.rest.patch(pathTo(RESOURCES.clusterRoles, undefined, name), 'merge', { rules: unique });
  });
  trigger(roles, loop, () =>
    roles
      .list()
      .filter((role) => selectorsOf(role).length > 0)
      .map(keyOf),
  );
}

function selectorsOf(role: Loose): readonly LabelSelector[] {
  const rule = role.aggregationRule as { readonly clusterRoleSelectors?: readonly LabelSelector[] } | undefined;
  return rule?.clusterRoleSelectors ?? [];
}
