import type { KubevirtConfig } from '../../../kubevirt/config.ts';
import type { KubevirtVersion } from '../../../kubevirt/version.ts';
import { traitsOf } from '../../../kubevirt/versions.ts';
import { runStrategyOf } from '../../../kubevirt/vm-status.ts';
import { same } from '../../canonical.ts';
import type { Component } from '../../component.ts';
import { trigger } from '../../component.ts';
import { keyOf } from '../../kinds.ts';
import { controlledBy, controllerKeys } from '../../kubernetes/pods-of.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { Refusal } from '../../rest.ts';
import { isFinal, observedVersion, type VmiObject, type VmObject, type VmStatus } from '../vmi.ts';
import { failureAfter, pendingRequests, runDecision, vmStatus } from './vm-status.ts';

export interface VmControl {
  readonly version: KubevirtVersion;
  config(): KubevirtConfig;
}

/** Starts and stops the VMI of each VM as its run strategy and its users want. */
export function startVms(component: Component, { version }: VmControl): void {
  const vms = component.informer<VmObject>(pathTo(RESOURCES.vms));
  const vmis = component.informer<VmiObject>(pathTo(RESOURCES.vmis));
  const { vmFinalizer } = traitsOf(version);
  const loop = component.loop([vms, vmis], (key) => sync(key), 8);
  trigger(vms, loop);
  trigger(vmis, loop, controllerKeys('VirtualMachine'));
  /** The VMIs that were let go: their deletion is under way although the watch has not told yet. */
  const stopped = new Set<string>();

  async function sync(key: string): Promise<void> {
    let vm = vms.get(key);
    if (vm === undefined) return;
    vm = await noted(vm);
    const vmi = vmis.get(key);
    if (vm.metadata.deletionTimestamp !== undefined) return await end(vm, vmi);
    if (!(vm.metadata.finalizers ?? []).includes(vmFinalizer)) vm = await hold(vm);
    const decision = runDecision(vm, vmi, component.clock.now());
    let started: VmiObject | undefined;
    if (decision.do === 'start') started = await start(vm, decision.paused);
    else if (decision.do === 'stop' && vmi !== undefined) await stop(vm, vmi);
    else if (decision.do === 'wait') loop.addAfter(key, decision.ms * component.clock.pace);
    if (vmi !== undefined && isFinal(vmi)) await release(vmi);
    await report(vm, started === undefined ? vmi : undefined, {
      requests: pendingRequests(vm, vmi),
      startFailure: failureAfter(vm, vmi, component.clock.now()),
      startExpected: started !== undefined,
    });
  }

  async function noted(vm: VmObject): Promise<VmObject> {
    const marks = observedVersion(vm);
    if (marks === undefined) return vm;
    const path = pathTo(RESOURCES.vms, vm.metadata.namespace, vm.metadata.name);
    return observed(await component.rest.patch<VmObject>(path, 'merge', marks));
  }

  async function hold(vm: VmObject): Promise<VmObject> {
    const path = pathTo(RESOURCES.vms, vm.metadata.namespace, vm.metadata.name);
    const finalizers = [...(vm.metadata.finalizers ?? []), vmFinalizer];
    return observed(await component.rest.patch<VmObject>(path, 'merge', { metadata: { finalizers } }));
  }

  function observed(vm: VmObject): VmObject {
    vms.observe(vm);
    return vm;
  }

  async function start(vm: VmObject, paused: boolean): Promise<VmiObject | undefined> {
    const revision = await startRevision(vm);
    const { namespace, name = '' } = vm.metadata;
    const { template } = vm.spec;
    const body = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: {
        name,
        namespace,
        labels: template.metadata?.labels,
        annotations: {
          ...template.metadata?.annotations,
          'kubevirt.io/vm-generation': String(vm.metadata.generation ?? 1),
        },
        finalizers: [vmFinalizer],
        ownerReferences: [controlledBy(vm)],
      },
      spec: { ...template.spec, ...(paused ? { startStrategy: 'Paused' } : {}) },
      status: { virtualMachineRevisionName: revision },
    };
    try {
      const vmi = await component.rest.create<VmiObject>(pathTo(RESOURCES.vmis, namespace), body);
      vmis.observe(vmi);
      const message = `Started the virtual machine by creating the new virtual machine instance ${name}`;
      void component.events.say(vm, 'Normal', 'SuccessfulCreate', message);
      return vmi;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const message = `Error creating virtual machine instance: ${error.message}`;
      if (error.status !== 409) void component.events.say(vm, 'Warning', 'FailedCreate', message);
      throw error;
    }
  }

  /** What the guest was started from, kept under the VM's generation; the one before goes. */
  async function startRevision(vm: VmObject): Promise<string> {
    const { namespace, uid, generation = 1 } = vm.metadata;
    const name = `revision-start-vm-${uid}-${generation}`;
    const collection = pathTo(RESOURCES.controllerRevisions, namespace);
    const { items } = await component.rest.list(collection);
    for (const old of items) {
      const older = old.metadata.name ?? '';
      if (older.startsWith(`revision-start-vm-${uid}-`) && older !== name)
        await component.rest.remove(`${collection}/${older}`);
    }
    if (items.some(({ metadata }) => metadata.name === name)) return name;
    await component.rest.create(collection, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, namespace, ownerReferences: [controlledBy(vm)] },
      data: { spec: vm.spec },
      revision: generation,
    });
    return name;
  }

  async function stop(vm: VmObject, vmi: VmiObject): Promise<void> {
    const uid = vmi.metadata.uid ?? '';
    if (vmi.metadata.deletionTimestamp !== undefined || stopped.has(uid)) return;
    const path = pathTo(RESOURCES.vmis, vmi.metadata.namespace, vmi.metadata.name);
    await component.rest.remove(path, { preconditions: { uid } });
    stopped.add(uid);
    const message = `Stopped the virtual machine by deleting the virtual machine instance ${uid}`;
    void component.events.say(vm, 'Normal', 'SuccessfulDelete', message);
  }

  /** A guest that has ended is nothing the VM holds on to any more. */
  async function release(vmi: VmiObject): Promise<void> {
    const { finalizers = [], namespace, name, resourceVersion } = vmi.metadata;
    if (!finalizers.includes(vmFinalizer)) return;
    const left = finalizers.filter((each) => each !== vmFinalizer);
    const body = { metadata: { resourceVersion, finalizers: left } };
    vmis.observe(await component.rest.patch<VmiObject>(pathTo(RESOURCES.vmis, namespace, name), 'merge', body));
  }

  async function end(vm: VmObject, vmi: VmiObject | undefined): Promise<void> {
    if (vmi?.metadata.ownerReferences?.some((owner) => owner.uid === vm.metadata.uid)) {
      await stop(vm, vmi);
      if (isFinal(vmi)) await release(vmi);
      return await report(vm, vmi, {
        requests: vm.status?.stateChangeRequests,
        startFailure: undefined,
        startExpected: false,
      });
    }
    const { finalizers = [], namespace, name } = vm.metadata;
    if (!finalizers.includes(vmFinalizer)) return;
    const left = finalizers.filter((each) => each !== vmFinalizer);
    await component.rest.patch(pathTo(RESOURCES.vms, namespace, name), 'merge', { metadata: { finalizers: left } });
  }

  async function report(
    vm: VmObject,
    vmi: VmiObject | undefined,
    { requests, startFailure, startExpected }: Told,
  ): Promise<void> {
    const latest = vms.get(keyOf(vm)) ?? vm;
    const status = vmStatus(latest, vmi, {
      ...{ requests, startFailure, startExpected, version },
      now: component.now(),
      runStrategy: runStrategyOf(vm),
    });
    if (same(status, latest.status ?? {})) return;
    const path = pathTo(RESOURCES.vms, vm.metadata.namespace, vm.metadata.name, 'status');
    vms.observe(await component.rest.replace<VmObject>(path, { ...latest, status }));
  }
}

/** What the controller has just found out or done about a VM. */
interface Told {
  readonly requests: VmStatus['stateChangeRequests'];
  readonly startFailure: VmStatus['startFailure'];
  readonly startExpected: boolean;
}
