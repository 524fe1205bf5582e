import { forbidden } from '../status.ts';
import type { Plugin } from './attributes.ts';
import { podBeingCreated, specOf, withSpec } from './lookup.ts';

/** Priority: turns priorityClassName into the number and policy that the scheduler reads. */
export const priorityPlugin: Plugin = (core, attributes) => {
  const pod = podBeingCreated(attributes);
  if (pod === undefined) return attributes.object;
  const given = specOf(pod).priorityClassName;
  const classes = core.store.list('priorityclasses.scheduling.k8s.io', '');
  const named = typeof given === 'string' && given !== '';
  const found = classes.find((one) => (named ? one.metadata.name === given : one.globalDefault === true));
  if (named && found === undefined) {
    throw forbidden(attributes.type, pod.metadata.name ?? '', `no PriorityClass with name ${given} was found`);
  }
  const own = specOf(pod).preemptionPolicy;
  return withSpec(pod, {
    ...(found === undefined || named ? {} : { priorityClassName: found.metadata.name }),
    priority: found?.value ?? 0,
    preemptionPolicy: own ?? found?.preemptionPolicy ?? 'PreemptLowerPriority',
  });
};
