import type { KubeObject } from '../api/objects.ts';
import type { Standing } from './director.ts';
import type { Fault, Scenario, TimedFault } from './grammar.ts';

/** True for a fault that happens at its time; the others stand from the beginning. */
export function isTimed(fault: Fault): fault is TimedFault {
  return !STANDING.some((subject) => subject in fault);
}

const STANDING = ['certificate', 'kubeconfig', 'objects', 'kubevirt', 'manifest'] as const;

/** Everything that stands from the beginning; of two faults about the same thing the last counts. */
export function standingOf({ faults }: Scenario): Standing {
  return faults.reduce<Standing>(withFault, { daysLeft: {}, objects: [], deleted: [], manifests: {} });
}

function withFault(before: Standing, fault: Fault): Standing {
  if ('certificate' in fault)
    return { ...before, daysLeft: { ...before.daysLeft, [fault.certificate]: fault.daysLeft } };
  if ('objects' in fault) {
    const objects = fault.objects as unknown as readonly KubeObject[];
    const deleted = fault.thenDeleted === true ? objects : [];
    return { ...before, objects: [...before.objects, ...objects], deleted: [...before.deleted, ...deleted] };
  }
  if ('manifest' in fault) return { ...before, manifests: { ...before.manifests, [fault.manifest]: fault.is } };
  if ('kubevirt' in fault) return { ...before, kubevirt: fault.kubevirt };
  if (!('kubeconfig' in fault)) return before;
  const { kubeconfig, daysLeft, user, groups = [] } = fault;
  if (kubeconfig === 'token') return { ...before, token: { daysLeft: daysLeft ?? 365 } };
  return {
    ...before,
    ...(daysLeft === undefined ? {} : { daysLeft: { ...before.daysLeft, admin: daysLeft } }),
    ...(user === undefined ? {} : { user: { name: user, groups } }),
  };
}
