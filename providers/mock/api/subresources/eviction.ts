import { selects } from '../../label-selector.ts';
import { admitPosted } from '../admission/admit.ts';
import { plainBody } from '../bodies.ts';
import { type Call, targetOf } from '../call.ts';
import { type Core, timestamp } from '../core.ts';
import { deleteObject, deleteOptions } from '../delete.ts';
import { isObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { writeOptions } from '../options.ts';
import { type ApiResponse, at, labelsOf } from '../request.ts';
import { ApiError, badRequest, failure, forbidden, internal, methodNotAllowed, notFound } from '../status.ts';
import { keyOf } from '../target.ts';
import { updateObject } from '../write.ts';
import { SUCCESS, withCondition } from './binding.ts';

const BUDGETS = 'poddisruptionbudgets.policy';

/** POST of an Eviction: a deletion that respects disruption budgets. @throws ApiError 404 or 429. */
export async function answerEviction(call: Call): Promise<ApiResponse> {
  const { core, caller, info, request } = call;
  if (info.verb !== 'create') throw methodNotAllowed();
  const options = writeOptions('CreateOptions', info);
  const body = plainBody(request, 'Eviction');
  if (!isObject(body)) throw badRequest('the object provided is unrecognized (must be of type Eviction)');
  const target = targetOf(call);
  const pod = core.store.get(keyOf(target));
  const metadata = { name: info.name, namespace: info.namespace };
  const object = { apiVersion: 'policy/v1', kind: 'Eviction', ...body, metadata };
  const { dryRun, fieldManager } = options;
  await admitPosted(core, caller, { ...target, object, dryRun, fieldManager });
  if (pod === undefined) throw notFound(call.type, info.name);
  if (!isIgnored(pod)) spendBudget(core, pod, dryRun);
  const change = (old: KubeObject) => ({ ...old, status: withCondition(old.status, CONDITION, timestamp(core)) });
  if (pod.metadata.deletionTimestamp === undefined) {
    await updateObject(core, caller, { target: { ...target, subresource: 'status' }, options, change, raw: true });
  }
  const deletion = deleteOptions({ ...info, query: new URLSearchParams() }, at(body, 'deleteOptions'));
  await deleteObject(core, caller, { target: { ...target, subresource: '' }, options: { ...deletion, dryRun } });
  return { type: 'object', status: 201, headers: {}, body: SUCCESS };
}

const CONDITION = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
};

function isIgnored(pod: KubeObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return (
    phase === 'Pending' || phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined
  );
}

function spendBudget(core: Core, pod: KubeObject, dryRun: boolean): void {
  const { namespace = '' } = pod.metadata;
  const budgets = core.store
    .list(BUDGETS, namespace)
    .filter((budget) => selects(at(budget, 'spec', 'selector'), labelsOf(pod)));
  const [budget, another] = budgets;
  if (budget === undefined) return;
  if (another !== undefined) {
    throw internal('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  }
  if (mayGoUnready(pod, budget)) return;
  checkBudget(budget);
  if (dryRun) return;
  const status = (budget.status ?? {}) as Record<string, unknown>;
  const disruptedPods = { ...((status.disruptedPods ?? {}) as object), [pod.metadata.name ?? '']: timestamp(core) };
  const disruptionsAllowed = Number(status.disruptionsAllowed) - 1;
  const key = { resource: BUDGETS, namespace, name: budget.metadata.name ?? '' };
  core.store.update(key, { ...budget, status: { ...status, disruptedPods, disruptionsAllowed } });
}

function mayGoUnready(pod: KubeObject, budget: KubeObject): boolean {
  const conditions = (at(pod, 'status', 'conditions') ?? []) as readonly { type: string; status: string }[];
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return false;
  if (at(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const desired = number(budget, 'desiredHealthy');
  return number(budget, 'currentHealthy') >= desired && desired > 0;
}

function checkBudget(budget: KubeObject): void {
  const name = budget.metadata.name ?? '';
  if (number(budget, 'observedGeneration') < (budget.metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = number(budget, 'disruptionsAllowed');
  if (allowed < 0) {
    throw forbidden({ group: 'policy', plural: 'poddisruptionbudget' }, name, 'pdb disruptions allowed is negative');
  }
  if (allowed > 0) return;
  throw tooMany(
    `The disruption budget ${name} needs ${number(budget, 'desiredHealthy')} healthy pods and has ${number(budget, 'currentHealthy')} currently`,
    0,
  );
}

function number(budget: KubeObject, field: string): number {
  return Number(at(budget, 'status', field) ?? 0);
}

function tooMany(message: string, retryAfterSeconds: number): ApiError {
  const details = {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  };
  const text = "Cannot evict pod as it would violate the pod's disruption budget.";
  const headers: Readonly<Record<string, string>> =
    retryAfterSeconds === 0 ? {} : { 'retry-after': String(retryAfterSeconds) };
  return new ApiError(failure({ code: 429, reason: 'TooManyRequests', message: text, details }), headers);
}
