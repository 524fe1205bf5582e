import type { Core } from '../core.ts';
import type { KubeObject } from '../objects.ts';
import { at } from '../request.ts';
import type { Attributes } from './attributes.ts';
import { namespaceMatches, objectMatches, type Rule, ruleMatches } from './match-resources.ts';
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

// Webhooks never judge their own configurations, or a broken one could not be taken away.
const UNTOUCHABLE = new Set(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']);

/** The webhooks that want to see a request, in the order of their configurations' names. */
export function matchingWebhooks(core: Core, resource: string, attributes: Attributes): readonly Webhook[] {
  if (UNTOUCHABLE.has(attributes.type.plural)) return [];
  return core.store
    .list(resource, '')
    .flatMap(webhooksOf)
    .filter((webhook) => webhook.rules.some((rule) => ruleMatches(rule, attributes)))
    .filter((webhook) => namespaceMatches(core, webhook.namespaceSelector, attributes))
    .filter(({ objectSelector }) => objectMatches(objectSelector, attributes));
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
