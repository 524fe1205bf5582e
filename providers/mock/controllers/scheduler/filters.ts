import { meets } from '../../label-selector.ts';
import { findQuantity } from '../../quantity.ts';
import type { Container, Node, NodeSelectorTerm, Pod, PodSpec, Taint, Toleration } from '../kinds.ts';

/** Why a pod cannot go to a node, in the scheduler's own words; several when several resources are short. */
export interface Unsuited {
  readonly reasons: readonly string[];
  /** Whether throwing other pods out could help: only for resources. */
  readonly preemptible: boolean;
}

/** Whether the node takes the pod beside those that are there. Filters in the order of the real scheduler; the first that refuses decides. */
export function fits(pod: Pod, node: Node, others: readonly Pod[]): Unsuited | undefined {
  const no = (reason: string): Unsuited => ({ reasons: [reason], preemptible: false });
  if (node.spec?.unschedulable === true && !tolerates(pod.spec, UNSCHEDULABLE)) return no('node(s) were unschedulable');
  const taint = untolerated(pod.spec, node);
  if (taint !== undefined) return no(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
  if (!matchesAffinity(pod.spec, node)) return no("node(s) didn't match Pod's node affinity/selector");
  const short = shortages(pod, node, others);
  return short.length > 0 ? { reasons: short, preemptible: true } : undefined;
}

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** nodeSelector and required node affinity. */
export function matchesAffinity(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels;
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels?.[key] === value)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return (
    matchExpressions.every((requirement) => meets(requirement, node.metadata.labels)) &&
    matchFields.every((requirement) => meets(requirement, fields))
  );
}

/** Whether the pod puts up with every taint that keeps pods away. */
export function toleratesAll(spec: PodSpec, node: Node): boolean {
  return untolerated(spec, node) === undefined;
}

function untolerated(spec: PodSpec, node: Node): Taint | undefined {
  return node.spec?.taints?.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(spec, taint));
}

function tolerates(spec: PodSpec, taint: Taint): boolean {
  return (spec.tolerations ?? []).some((toleration) => covers(toleration, taint));
}

function covers({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
  if (key === undefined || key === '') return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
}

/** What the node has too little of: `Too many pods`, `Insufficient memory` and so on. */
function shortages(pod: Pod, node: Node, others: readonly Pod[]): readonly string[] {
  const allocatable = node.status?.allocatable ?? {};
  const used = others.map((other) => requestsOf(other.spec));
  const short: string[] = [];
  if (others.length + 1 > amountOf(allocatable.pods)) short.push('Too many pods');
  for (const [resource, amount] of Object.entries(requestsOf(pod.spec))) {
    const taken = used.reduce((total, requests) => total + (requests[resource] ?? 0), 0);
    if (amount > 0 && taken + amount > amountOf(allocatable[resource])) short.push(`Insufficient ${resource}`);
  }
  return short;
}

/** What a pod asks for: its containers and sidecars together, or the largest init container with the sidecars before it. */
export function requestsOf(spec: PodSpec): Readonly<Record<string, number>> {
  const sidecars: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of spec.initContainers ?? []) {
    const requests = requestsOfOne(container);
    if (container.restartPolicy === 'Always') add(sidecars, requests);
    for (const [name, amount] of Object.entries(sidecars)) peak[name] = Math.max(peak[name] ?? 0, amount);
    if (container.restartPolicy === 'Always') continue;
    for (const [name, amount] of Object.entries(requests))
      peak[name] = Math.max(peak[name] ?? 0, amount + (sidecars[name] ?? 0));
  }
  const running = { ...sidecars };
  for (const container of spec.containers) add(running, requestsOfOne(container));
  for (const [name, amount] of Object.entries(peak)) running[name] = Math.max(running[name] ?? 0, amount);
  add(running, numbers(spec.overhead ?? {}));
  return running;
}

function requestsOfOne({ resources = {} }: Container): Readonly<Record<string, number>> {
  return numbers({ ...resources.limits, ...resources.requests });
}

/** In units, e.g. `250m` → 0.25; what is absent or no quantity counts nothing. */
function amountOf(text: string | number | undefined): number {
  return Number(findQuantity(String(text))?.nano ?? 0n) / 1e9;
}

function numbers(list: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(list).map(([name, amount]) => [name, amountOf(amount)]));
}

function add(total: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(more)) total[name] = (total[name] ?? 0) + amount;
}
