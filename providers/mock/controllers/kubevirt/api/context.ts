import type { KubevirtConfig } from '../../../kubevirt/config.ts';
import type { Component } from '../../component.ts';
import { hasCondition, type Pod } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { HandlerRefusal, type HandlerServer } from '../handler/server.ts';
import type { VmiObject, VmObject } from '../vmi.ts';
import type { Wiring } from '../wiring.ts';
import { badRequest, notFound, type Subject } from './answers.ts';
import type { SubresourceRequest } from './requests.ts';

/** What the handlers of virt-api share. */
export interface ApiContext {
  readonly component: Component;
  readonly wiring: Wiring;
  /** Where KubeVirt is installed. */
  readonly namespace: string;
  config(): KubevirtConfig;
}

/** One call of a subresource's handler. */
export interface Call {
  readonly context: ApiContext;
  readonly request: SubresourceRequest;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** What comes back when all went well. */
export interface Answer {
  readonly code: number;
  readonly body?: unknown;
}

export function subjectOf({ resource, name }: SubresourceRequest): Subject {
  return { kind: resource === 'virtualmachines' ? 'virtualmachine' : 'virtualmachineinstance', name };
}

/** @throws SubresourceRefusal 404 */
export async function vmiOf({ context, request }: Call): Promise<VmiObject> {
  const vmi = await findVmi(context, request);
  if (vmi === undefined) throw notFound({ kind: 'virtualmachineinstance', name: request.name });
  return vmi;
}

export async function findVmi({ component }: ApiContext, request: SubresourceRequest): Promise<VmiObject | undefined> {
  return await component.rest.find<VmiObject>(pathTo(RESOURCES.vmis, request.namespace, request.name));
}

/** @throws SubresourceRefusal 404 */
export async function vmOf({ context, request }: Call): Promise<VmObject> {
  const vm = await context.component.rest.find<VmObject>(pathTo(RESOURCES.vms, request.namespace, request.name));
  if (vm === undefined) throw notFound({ kind: 'virtualmachine', name: request.name });
  return vm;
}

export function isRunning(vmi: VmiObject): boolean {
  return vmi.status?.phase === 'Running';
}

export function isPaused(vmi: VmiObject): boolean {
  return hasCondition(vmi.status?.conditions, 'Paused');
}

/** The virt-handler of the guest's node. @throws SubresourceRefusal while there is no guest to ask about */
export async function handlerOf({ component, wiring, namespace }: ApiContext, vmi: VmiObject): Promise<HandlerServer> {
  const { phase, nodeName } = vmi.status ?? {};
  if (phase !== 'Running' && phase !== 'Scheduled')
    throw badRequest(
      `Unable to connect to VirtualMachineInstance because phase is ${phase} instead of Running or Scheduled`,
    );
  const selector = 'labelSelector=kubevirt.io%3Dvirt-handler';
  const { items } = await component.rest.list<Pod>(`${pathTo(RESOURCES.pods, namespace)}?${selector}`);
  const pod = items.find(({ spec, status }) => spec.nodeName === nodeName && status?.phase === 'Running');
  const handler = wiring.handlers.get(pod?.status?.podIP ?? '');
  if (handler === undefined) throw new HandlerRefusal(500, 'dial tcp: connect: connection refused');
  return handler;
}

/** Whether the body asks that nothing be done. */
export function isDryRun(body: Call['body']): boolean {
  const dryRun = body?.dryRun;
  return Array.isArray(dryRun) && dryRun.includes('All');
}
