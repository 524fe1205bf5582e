import type { AdmissionReview } from '../backends.ts';
import type { Caller, Core } from '../core.ts';
import { isObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { jsonPatch } from '../patch/json-patch.ts';
import { ApiError, failure, internalError } from '../status.ts';
import { applyDefaults } from '../structural.ts';
import type { Attributes } from './attributes.ts';
import { postReview } from './webhook-address.ts';
import { matchingWebhooks, type Webhook } from './webhook-rules.ts';

const REGISTRATION = 'admissionregistration.k8s.io';

/** Calls the mutating webhooks that match, one after the other; each sees what the ones before have made. @throws ApiError. */
export async function callMutatingWebhooks(
  core: Core,
  caller: Caller,
  attributes: Attributes,
): Promise<KubeObject | undefined> {
  let { object } = attributes;
  for (const webhook of matchingWebhooks(core, `mutatingwebhookconfigurations.${REGISTRATION}`, attributes)) {
    const response = await called(core, caller, webhook, { ...attributes, object });
    if (response?.patch !== undefined && object !== undefined) {
      // What a webhook has made is read like what a client sends: with the kind's defaults.
      object = redefaulted(attributes, patched(webhook, object, response));
    }
  }
  return object;
}

/** Calls the validating webhooks that match, all at once as the real server does; the first refusal in order counts. @throws ApiError. */
export async function callValidatingWebhooks(core: Core, caller: Caller, attributes: Attributes): Promise<void> {
  const webhooks = matchingWebhooks(core, `validatingwebhookconfigurations.${REGISTRATION}`, attributes);
  const calls = await Promise.allSettled(webhooks.map((webhook) => called(core, caller, webhook, attributes)));
  for (const call of calls) if (call.status === 'rejected') throw call.reason;
}

type Response = NonNullable<AdmissionReview['response']>;

async function called(
  core: Core,
  caller: Caller,
  webhook: Webhook,
  attributes: Attributes,
): Promise<Response | undefined> {
  if (attributes.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw badSideEffects(webhook);
  }
  const answer = await answered(core, webhook, attributes).catch((error: unknown) => error);
  if (answer instanceof Error || !isObject(answer)) return unreachable(caller, webhook, answer);
  const response = answer as unknown as Response;
  for (const warning of response.warnings ?? []) caller.warn(warning);
  if (!response.allowed) throw denied(webhook, response.status);
  return response;
}

function badSideEffects({ name }: Webhook): ApiError {
  const message = `admission webhook ${JSON.stringify(name)} does not support dry run`;
  return new ApiError(failure({ code: 400, reason: 'BadRequest', message }));
}

async function answered(core: Core, webhook: Webhook, attributes: Attributes): Promise<Response> {
  const uid = crypto.randomUUID();
  const review: AdmissionReview = {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: requestOf(uid, attributes),
  };
  const answer = await posted(core, webhook, review);
  if (answer.response === undefined) throw new Error('webhook response was absent');
  if (answer.response.uid !== uid) {
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answer.response.uid)}`);
  }
  return answer.response;
}

async function posted(core: Core, webhook: Webhook, review: AdmissionReview): Promise<AdmissionReview> {
  const { service, address, timeoutSeconds } = webhook;
  const url = addressOf(webhook);
  const failed = (why: string) => new Error(`Post ${JSON.stringify(url)}: ${why}`);
  if (address !== undefined) {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    return await postReview({ ...address, url }, review, signal).catch((error: Error) => {
      throw failed(signal.aborted ? 'context deadline exceeded' : error.message);
    });
  }
  const backend = service === undefined ? undefined : core.network.service(service.namespace, service.name);
  if (backend?.admit === undefined) throw failed(refusedDial(core, webhook));
  return await within(timeoutSeconds * 1000, url, backend.admit(service?.path ?? '/', review));
}

function addressOf({ service, address, timeoutSeconds }: Webhook): string {
  if (address !== undefined) {
    const url = new URL(address.url);
    url.searchParams.set('timeout', `${timeoutSeconds}s`);
    return url.href;
  }
  const { name = '', namespace = '', port = 443, path = '' } = service ?? {};
  return `https://${name}.${namespace}.svc:${port}${path}?timeout=${timeoutSeconds}s`;
}

function refusedDial(core: Core, { service }: Webhook): string {
  const { name = '', namespace = '', port = 443 } = service ?? {};
  const stored = core.store.get({ resource: 'services', namespace, name });
  if (stored === undefined) return `service ${JSON.stringify(name)} not found`;
  const { clusterIP } = (stored.spec ?? {}) as { clusterIP?: string };
  return `dial tcp ${clusterIP}:${port}: connect: connection refused`;
}

async function within<T>(ms: number, url: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Post ${JSON.stringify(url)}: context deadline exceeded`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a webhook or a policy hears of a request. */
export function requestOf(uid: string, attributes: Attributes): Readonly<Record<string, unknown>> {
  const { type, namespace, subresource, operation, object, oldObject, dryRun, user } = attributes;
  const { group, version, plural } = type;
  const kind = kindOf(attributes);
  const resource = { group, version, resource: plural };
  const sub = subresource === '' ? {} : { subResource: subresource };
  const requestSub = subresource === '' ? {} : { requestSubResource: subresource };
  const name = attributes.name === '' ? (object?.metadata.name ?? '') : attributes.name;
  return {
    uid,
    kind,
    resource,
    ...sub,
    requestKind: kind,
    requestResource: resource,
    ...requestSub,
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? namespaceOfItself(attributes) : { namespace }),
    operation,
    userInfo: user,
    object: object ?? null,
    oldObject: oldObject ?? null,
    dryRun,
    options: optionsOf(attributes),
  };
}

// A namespace counts as lying in itself.
function namespaceOfItself({ type, name }: Attributes): { readonly namespace?: string } {
  return type.group === '' && type.plural === 'namespaces' && name !== '' ? { namespace: name } : {};
}

function kindOf({ type, object, subresource }: Attributes) {
  if (subresource === '' || object === undefined) return { group: type.group, version: type.version, kind: type.kind };
  const slash = object.apiVersion.lastIndexOf('/');
  return {
    group: object.apiVersion.slice(0, Math.max(slash, 0)),
    version: object.apiVersion.slice(slash + 1),
    kind: object.kind,
  };
}

function optionsOf({ operation, dryRun, fieldManager }: Attributes) {
  if (operation === 'CONNECT') return null;
  const kind = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }[operation];
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager === '' ? {} : { fieldManager }),
  };
}

function redefaulted({ type, subresource }: Attributes, object: KubeObject): KubeObject {
  const isOwnKind = object.kind === type.kind && (subresource === '' || subresource === 'status');
  if (!isOwnKind) return object;
  return type.strategy.defaults(type.custom ? applyDefaults(object, type.schema) : object);
}

function patched(webhook: Webhook, object: KubeObject, response: Response): KubeObject {
  try {
    const operations: unknown = JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString('utf8'));
    return jsonPatch(object, operations) as KubeObject;
  } catch (error) {
    throw internalError(
      `admission webhook ${JSON.stringify(webhook.name)} sent a bad patch: ${(error as Error).message}`,
    );
  }
}

function unreachable(caller: Caller, webhook: Webhook, error: unknown): undefined {
  const why = error instanceof Error ? error.message : 'webhook response was no object';
  if (webhook.failurePolicy === 'Fail') {
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: ${why}`);
  }
  void caller;
  return undefined;
}

interface DenialStatus {
  readonly code?: number;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

function denied({ name }: Webhook, status: DenialStatus = {}): ApiError {
  const title = `admission webhook ${JSON.stringify(name)} denied the request`;
  const message =
    status.message !== undefined && status.message !== ''
      ? `${title}: ${status.message}`
      : status.reason !== undefined && status.reason !== ''
        ? `${title}: ${status.reason}`
        : `${title} without explanation`;
  // Codes below 400 would turn a refusal into a success.
  const code = status.code !== undefined && status.code >= 400 ? status.code : 403;
  const reason =
    status.reason === undefined || status.reason === '' ? (code === 403 ? 'Forbidden' : undefined) : status.reason;
  return new ApiError(failure({ code, reason, message, details: status.details }));
}
