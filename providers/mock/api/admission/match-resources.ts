import { selects } from '../../label-selector.ts';
import type { Core } from '../core.ts';
import { labelsOf } from '../request.ts';
import type { Attributes } from './attributes.ts';
import { namespaceOf } from './lookup.ts';

/** Which requests a webhook or a policy wants to see. */
export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
  /** Of policies only; empty: all. */
  readonly resourceNames?: readonly string[];
}

/** Whether a request is one of those that the rule names. */
export function ruleMatches(rule: Rule, { type, name, operation, subresource }: Attributes): boolean {
  const scope = rule.scope ?? '*';
  const isNamespaces = type.group === '' && type.plural === 'namespaces';
  const scoped = type.namespaced && !isNamespaces ? 'Namespaced' : 'Cluster';
  const names = rule.resourceNames ?? [];
  return (
    holds(rule.operations, operation) &&
    holds(rule.apiGroups, type.group) &&
    holds(rule.apiVersions, type.version) &&
    (scope === '*' || scope === scoped) &&
    (rule.resources ?? []).some((pattern) => resourceMatches(pattern, type.plural, subresource)) &&
    (names.length === 0 || names.includes(name))
  );
}

function holds(list: readonly string[] | undefined, value: string): boolean {
  return (list ?? []).some((one) => one === '*' || one === value);
}

// `*` means all resources without subresources, `*/*` all with them, `pods/*` all of pods.
function resourceMatches(pattern: string, plural: string, subresource: string): boolean {
  const [resource = '', sub = ''] = pattern.split('/');
  return (resource === '*' || resource === plural) && (sub === '*' || sub === subresource);
}

/** Whether the namespace of a request has the labels; a request without one always matches. */
export function namespaceMatches(core: Core, namespaceSelector: unknown, attributes: Attributes): boolean {
  const { type, namespace, name, object, oldObject } = attributes;
  if (type.group === '' && type.plural === 'namespaces') {
    const itself = object ?? oldObject ?? namespaceOf(core, name);
    return selects(namespaceSelector, itself === undefined ? {} : labelsOf(itself));
  }
  if (namespace === '') return true;
  const found = namespaceOf(core, namespace);
  return selects(namespaceSelector, found === undefined ? {} : labelsOf(found));
}

/** Whether the object has the labels, as it was or as it is to be. */
export function objectMatches(objectSelector: unknown, { object, oldObject }: Attributes): boolean {
  const candidates = [object, oldObject].filter((one) => one !== undefined);
  if (candidates.length === 0) return selects(objectSelector, {});
  return candidates.some((one) => selects(objectSelector, labelsOf(one)));
}
