import { runStrategyOf } from '../../../kubevirt/vm-status.ts';
import type { Pod } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { Refusal } from '../../rest.ts';
import { isFinal, type StateChange, type VmiObject, type VmObject } from '../vmi.ts';
import { badRequest, conflict, internalError } from './answers.ts';
import { type Answer, type Call, findVmi, isDryRun, subjectOf, vmOf } from './context.ts';
import type { Handler } from './vmi-subresources.ts';

/** PUT subresources of VirtualMachines. Source: pkg/virt-api/rest/lifecycle.go. */
export const VM_PUTS: Readonly<Record<string, Handler>> = {
  start: (call) => lifecycle(call, start),
  stop: (call) => lifecycle(call, stop),
  restart: (call) => lifecycle(call, restart),
  migrate,
};

/** GET subresources of VirtualMachines. */
export const VM_GETS: Readonly<Record<string, Handler>> = {
  'expand-spec': async (call) => ({ code: 200, body: await vmOf(call) }),
};

interface Machine {
  readonly call: Call;
  readonly vm: VmObject;
  readonly vmi: VmiObject | undefined;
  readonly strategy: string;
}

/** Undefined: to be done by a change of the VM's spec or of its requests. */
type Change = { readonly runStrategy: string } | { readonly requests: readonly StateChange[] } | undefined;

async function lifecycle(call: Call, decide: (machine: Machine) => Change | Promise<Change>): Promise<Answer> {
  const vm = await vmOf(call);
  const vmi = await findVmi(call.context, call.request);
  const machine = { call, vm, vmi, strategy: runStrategyOf(vm) };
  const change = await decide(machine);
  if (change !== undefined && !isDryRun(call.body)) await apply(machine, change);
  return { code: 202 };
}

function start({ call, vmi, strategy }: Machine): Change {
  const subject = subjectOf(call.request);
  if (vmi !== undefined && !isFinal(vmi) && vmi.status?.phase !== 'Unknown')
    throw conflict(subject, 'VM is already running');
  const paused = call.body?.paused === true;
  const request: StateChange = { action: 'Start', ...(paused && { data: { paused: 'true' } }) };
  switch (strategy) {
    case 'Halted':
      return paused ? { requests: [request] } : { runStrategy: 'Always' };
    case 'Always':
    case 'Once':
      throw conflict(subject, `${strategy} does not support manual start requests`);
    case 'RerunOnFailure':
      if (vmi?.status?.phase === 'Failed')
        throw conflict(subject, 'RerunOnFailure does not support starting VM from failed state');
      return { requests: vmi === undefined ? [request] : [stopOf(vmi), request] };
    default:
      return { requests: vmi === undefined ? [request] : [stopOf(vmi), request] };
  }
}

async function stop({ call, vm, vmi, strategy }: Machine): Promise<Change> {
  const subject = subjectOf(call.request);
  const grace = call.body?.gracePeriod;
  if (vmi === undefined || isFinal(vmi)) throw conflict(subject, 'VM is not running');
  const present = vmi.spec.terminationGracePeriodSeconds ?? 30;
  if (strategy === 'Halted' && !(typeof grace === 'number' && grace < present))
    throw conflict(subject, 'Halted only supports manual stop requests with a shorter graceperiod');
  if (typeof grace === 'number' && grace !== present && !isDryRun(call.body)) {
    const path = pathTo(RESOURCES.vmis, vm.metadata.namespace, vm.metadata.name);
    await call.context.component.rest.patch(path, 'merge', { spec: { terminationGracePeriodSeconds: grace } });
  }
  if (strategy === 'Halted') return undefined;
  return strategy === 'Manual' || strategy === 'RerunOnFailure'
    ? { requests: [stopOf(vmi)] }
    : { runStrategy: 'Halted' };
}

async function restart({ call, vmi, strategy }: Machine): Promise<Change> {
  const subject = subjectOf(call.request);
  const grace = call.body?.gracePeriodSeconds;
  if (typeof grace === 'number' && grace > 0)
    throw badRequest('For force restart, only gracePeriod=0 is supported for now');
  if (typeof grace === 'number' && grace < 0) throw badRequest('gracePeriod has to be greater or equal to 0');
  if (strategy === 'Halted' || strategy === 'Once')
    throw conflict(subject, `RunStategy ${strategy} does not support manual restart requests`);
  if (vmi === undefined || isFinal(vmi)) throw conflict(subject, `VM is not running: ${strategy}`);
  if (grace === 0 && !isDryRun(call.body)) await forceOff(call, vmi);
  return { requests: [stopOf(vmi), { action: 'Start' }] };
}

/** The launcher pod goes without its grace. */
async function forceOff({ context, request }: Call, vmi: VmiObject): Promise<void> {
  const { rest } = context.component;
  const selector = `labelSelector=kubevirt.io%2Fcreated-by%3D${vmi.metadata.uid}`;
  const { items } = await rest.list<Pod>(`${pathTo(RESOURCES.pods, request.namespace)}?${selector}`);
  for (const pod of items)
    await rest.remove(pathTo(RESOURCES.pods, request.namespace, pod.metadata.name), { gracePeriodSeconds: 1 });
}

function stopOf(vmi: VmiObject): StateChange {
  return { action: 'Stop', uid: vmi.metadata.uid ?? '' };
}

async function apply({ call, vm }: Machine, change: NonNullable<Change>): Promise<void> {
  const { rest } = call.context.component;
  const { namespace, name } = vm.metadata;
  try {
    if ('runStrategy' in change) {
      const operations = [
        {
          op: 'test',
          path: vm.spec.runStrategy === undefined ? '/spec/running' : '/spec/runStrategy',
          value: vm.spec.runStrategy ?? vm.spec.running,
        },
        ...(vm.spec.runStrategy === undefined
          ? [{ op: 'replace', path: '/spec/running', value: change.runStrategy !== 'Halted' }]
          : [{ op: 'replace', path: '/spec/runStrategy', value: change.runStrategy }]),
      ];
      await rest.patch(pathTo(RESOURCES.vms, namespace, name), 'json', operations);
      return;
    }
    if ((vm.status?.stateChangeRequests?.length ?? 0) > 0)
      throw conflict(subjectOf(call.request), 'unable to complete request: stop/start already underway');
    const path = pathTo(RESOURCES.vms, namespace, name, 'status');
    await rest.patch(path, 'merge', { status: { stateChangeRequests: change.requests } });
  } catch (error) {
    if (error instanceof Refusal && (error.status === 409 || error.status === 422))
      throw conflict(subjectOf(call.request), 'unable to complete request: stop/start already underway');
    throw error;
  }
}

async function migrate(call: Call): Promise<Answer> {
  const vm = await vmOf(call);
  const vmi = await findVmi(call.context, call.request);
  if (vmi?.status?.phase !== 'Running') throw conflict(subjectOf(call.request), 'VM is not running');
  const { namespace, name = '' } = vm.metadata;
  const selector = call.body?.addedNodeSelector;
  const body = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { generateName: 'kubevirt-migrate-vm-', namespace },
    spec: { vmiName: name, ...(selector === undefined ? {} : { addedNodeSelector: selector }) },
  };
  const path = `${pathTo(RESOURCES.migrations, namespace)}${isDryRun(call.body) ? '?dryRun=All' : ''}`;
  try {
    await call.context.component.rest.create(path, body);
  } catch (error) {
    if (error instanceof Refusal) throw internalError(error.message);
    throw error;
  }
  return { code: 202 };
}
