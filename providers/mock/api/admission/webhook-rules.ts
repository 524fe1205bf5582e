import { selects } from '../../label-selector.ts';
import type { Core } from '../core.ts';
import type { KubeObject } from '../objects.ts';
import { at, labelsOf } from '../request.ts';
import type { Attributes } from './attributes.ts';
import { namespaceOf } from './lookup.ts';
import type { WebhookAddress } from './webhook-address.ts';

/** One webhook of a stored configuration. */
export interface Webhook {
  readonly name: string;
  readonly service: Service | undefined;
  /** In place of a service. */
  readonly address: WebhookAddress | undefined;
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly sideEffects: string;
  readonly timeoutSeconds: number;
  readonly rules: readonly Rule[];
  readonly namespaceSelector: unknown;
  readonly objectSelector: unknown;
}

interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
  readonly port?: number;
}

interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
}

// Webhooks never judge their own configurations, or a broken one could not be taken away.
const UNTOUCHABLE = new Set(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']);

/** The webhooks that want to see a request, in the order of their configurations' names. */
export function matchingWebhooks(core: Core, resource: string, attributes: Attributes): readonly Webhook[] {
  if (UNTOUCHABLE.has(attributes.type.plural)) return [];
  return core.store
    .list(resource, '')
    .flatMap(webhooksOf)
    .filter((webhook) => webhook.rules.some((rule) => ruleMatches(rule, attributes)))
    .filter((webhook) => namespaceMatches(core, webhook, attributes) && objectMatches(webhook, attributes));
}

function webhooksOf(configuration: KubeObject): readonly Webhook[] {
  return ((configuration.webhooks ?? []) as readonly Record<string, unknown>[]).map((webhook) => ({
    name: String(webhook.name),
    service: at(webhook, 'clientConfig', 'service') as Service | undefined,
    address: addressOf(webhook),
    failurePolicy: webhook.failurePolicy === 'Ignore' ? 'Ignore' : 'Fail',
    sideEffects: String(webhook.sideEffects ?? 'Unknown'),
    timeoutSeconds: Number(webhook.timeoutSeconds ?? 10),
    rules: (webhook.rules ?? []) as readonly Rule[],
    namespaceSelector: webhook.namespaceSelector ?? {},
    objectSelector: webhook.objectSelector ?? {},
  }));
}

function addressOf(webhook: Readonly<Record<string, unknown>>): WebhookAddress | undefined {
  const url = at(webhook, 'clientConfig', 'url');
  const bundle = at(webhook, 'clientConfig', 'caBundle');
  if (typeof url !== 'string') return undefined;
  return { url, ca: typeof bundle === 'string' ? Buffer.from(bundle, 'base64').toString('utf8') : undefined };
}

function ruleMatches(rule: Rule, { type, operation, subresource }: Attributes): boolean {
  const scope = rule.scope ?? '*';
  const isNamespaces = type.group === '' && type.plural === 'namespaces';
  const scoped = type.namespaced && !isNamespaces ? 'Namespaced' : 'Cluster';
  return (
    holds(rule.operations, operation) &&
    holds(rule.apiGroups, type.group) &&
    holds(rule.apiVersions, type.version) &&
    (scope === '*' || scope === scoped) &&
    (rule.resources ?? []).some((pattern) => resourceMatches(pattern, type.plural, subresource))
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

function namespaceMatches(core: Core, { namespaceSelector }: Webhook, attributes: Attributes): boolean {
  const { type, namespace, name, object, oldObject } = attributes;
  if (type.group === '' && type.plural === 'namespaces') {
    const itself = object ?? oldObject ?? namespaceOf(core, name);
    return selects(namespaceSelector, itself === undefined ? {} : labelsOf(itself));
  }
  if (namespace === '') return true;
  const found = namespaceOf(core, namespace);
  return selects(namespaceSelector, found === undefined ? {} : labelsOf(found));
}

function objectMatches({ objectSelector }: Webhook, { object, oldObject }: Attributes): boolean {
  const candidates = [object, oldObject].filter((one) => one !== undefined);
  if (candidates.length === 0) return selects(objectSelector, {});
  return candidates.some((one) => selects(objectSelector, labelsOf(one)));
}
