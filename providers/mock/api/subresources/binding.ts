import { admitPosted } from '../admission/admit.ts';
import { plainBody } from '../bodies.ts';
import { type Call, targetOf } from '../call.ts';
import { timestamp } from '../core.ts';
import { isObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { required, writeOptions } from '../options.ts';
import { type ApiResponse, at } from '../request.ts';
import { badRequest, conflict, invalid, methodNotAllowed } from '../status.ts';
import { updateObject } from '../write.ts';

/** POST of a Binding: the scheduler's way to give a pod its node. @throws ApiError 404, 409 or 422. */
export async function answerBinding(call: Call): Promise<ApiResponse> {
  const { core, caller, info, request } = call;
  if (info.verb !== 'create') throw methodNotAllowed();
  const options = writeOptions('CreateOptions', info);
  const body = plainBody(request, 'Binding');
  if (!isObject(body)) throw badRequest('the object provided is unrecognized (must be of type Binding)');
  const name = info.name === '' ? String(at(body, 'metadata', 'name') ?? '') : info.name;
  const node = at(body, 'target', 'name');
  if (typeof node !== 'string' || node === '') {
    throw invalid({ group: '', kind: 'Binding' }, name, [required('target.name')]);
  }
  const target = { ...targetOf(call), name, subresource: 'binding' };
  const object = { apiVersion: 'v1', kind: 'Binding', ...body, metadata: { name, namespace: info.namespace } };
  const { dryRun, fieldManager } = options;
  await admitPosted(core, caller, { ...target, object, dryRun, fieldManager });
  const annotations = at(body, 'metadata', 'annotations');
  const change = (pod: KubeObject) => bound(pod, node, isObject(annotations) ? annotations : {}, timestamp(core));
  await updateObject(core, caller, { target, options, change, raw: true });
  return { type: 'object', status: 201, headers: {}, body: SUCCESS };
}

/** The body of a create that leaves nothing to show. */
export const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

function bound(
  pod: KubeObject,
  nodeName: string,
  annotations: Readonly<Record<string, unknown>>,
  now: string,
): KubeObject {
  const name = pod.metadata.name ?? '';
  const subject = { group: '', plural: 'pods/binding' };
  const present = at(pod, 'spec', 'nodeName');
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(subject, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (typeof present === 'string' && present !== '') {
    throw conflict(subject, name, `pod ${name} is already assigned to node ${JSON.stringify(present)}`);
  }
  const own = pod.metadata.annotations;
  const merged = { ...own, ...annotations } as Record<string, string>;
  return {
    ...pod,
    metadata: Object.keys(merged).length === 0 ? pod.metadata : { ...pod.metadata, annotations: merged },
    spec: { ...((pod.spec ?? {}) as object), nodeName },
    status: withCondition(pod.status, { type: 'PodScheduled', status: 'True' }, now),
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** A Pod's status with one condition set; the time changes only when its status does. */
export function withCondition(status: unknown, condition: Condition, now: string): Record<string, unknown> {
  const record = isObject(status) ? status : {};
  const conditions = (record.conditions ?? []) as readonly (Condition & { lastTransitionTime?: unknown })[];
  const old = conditions.find((one) => one.type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? null) : now;
  const { type, status: value, ...words } = condition;
  const made = { type, status: value, lastProbeTime: null, lastTransitionTime, ...words };
  const all = old === undefined ? [...conditions, made] : conditions.map((one) => (one === old ? made : one));
  return { ...record, conditions: all };
}
