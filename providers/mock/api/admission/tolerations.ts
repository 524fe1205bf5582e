import type { Plugin } from './attributes.ts';
import { podBeingCreated, specOf, withSpec } from './lookup.ts';

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** DefaultTolerationSeconds: five minutes of patience with a node that went away. */
export const tolerationSecondsPlugin: Plugin = (_core, attributes) => {
  const pod = podBeingCreated(attributes);
  if (pod === undefined) return attributes.object;
  const given = (specOf(pod).tolerations ?? []) as readonly Toleration[];
  const missing = [NOT_READY, UNREACHABLE].filter((taint) => !given.some((one) => tolerates(one, taint)));
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  return added.length === 0 ? pod : withSpec(pod, { tolerations: [...given, ...added] });
};

function tolerates({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
}

/** TaintNodesByCondition: a new node takes no pods until it is known to be ready. */
export const taintNewNodePlugin: Plugin = (_core, { type, operation, subresource, object }) => {
  const isNode = type.group === '' && type.plural === 'nodes' && operation === 'CREATE' && subresource === '';
  if (!isNode || object === undefined) return object;
  const taints = (specOf(object).taints ?? []) as readonly Toleration[];
  if (taints.some((taint) => taint.key === NOT_READY && taint.effect === 'NoSchedule')) return object;
  return withSpec(object, { taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] });
};
