import type { KubeObject } from '../../kube/objects.ts';
import { type Check, fatal, type Judgement, ok, unread } from '../check.ts';
import { at, conditionOf, few, listAt, nameOf, textAt } from './fields.ts';
import { nodeUnderTest } from './node.ts';
import { judged } from './reading.ts';
import type { ClusterReadings } from './readings.ts';

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;
/** Taints that Kubernetes sets for a condition of the node: the condition's own row tells of them. */
const OF_CONDITIONS =
  /^node\.kubernetes\.io\/(not-ready|unreachable|unschedulable|(memory|disk|pid)-pressure|network-unavailable)$/;

/** The node under test, as the cluster sees it. */
export const NODE_CHECKS: readonly Check<ClusterReadings>[] = [
  {
    id: 'node-ready',
    group: 'cluster',
    title: 'the node is ready and under no pressure',
    expected: 'Ready, and no pressure of memory, disk or processes',
    why: 'the kubelet starts no guest on another one, and evicts those that run',
    judge: (facts) => aboutNode(facts, judgeReady),
  },
  {
    id: 'node-schedulable',
    group: 'cluster',
    title: 'the node takes guests',
    expected: 'not cordoned, and without taints that keep guests off',
    why: "a guest's pod tolerates nothing, so it would stay pending until its time is up",
    judge: (facts) => aboutNode(facts, judgeSchedulable),
  },
];

function aboutNode({ nodes, wish, host }: ClusterReadings, judge: (node: KubeObject) => Judgement): Judgement {
  const node = nodeUnderTest(nodes, wish.node ?? host?.hostname);
  if ('unread' in node && 'value' in nodes) return fatal(node.unread, '/api/v1/nodes', node.action);
  return judged(node, '/api/v1/nodes', judge);
}

function judgeReady(node: KubeObject): Judgement {
  const from = `node ${nameOf(node)}, status.conditions`;
  const ready = conditionOf(node, 'Ready');
  const status = textAt(ready, 'status');
  const action = `kubectl describe node ${nameOf(node)}; journalctl -u kubelet on the node`;
  if (status === undefined) return unread('it has no condition Ready', from, action);
  const pressures = PRESSURES.filter((type) => textAt(conditionOf(node, type), 'status') === 'True');
  const said = textAt(ready, 'message') ?? textAt(ready, 'reason') ?? 'no reason given';
  if (status !== 'True') return fatal(`Ready=${status}: ${said}`, from, action);
  return pressures.length > 0 ? fatal(`under ${few(pressures)}`, from, action) : ok('Ready, no pressure', from);
}

function judgeSchedulable(node: KubeObject): Judgement {
  const name = nameOf(node);
  const from = `node ${name}, spec`;
  if (at(node, 'spec', 'unschedulable') === true)
    return fatal('cordoned', from, `look who did that and why, then kubectl uncordon ${name}`);
  const taints = listAt(node, 'spec', 'taints').filter(
    (taint) => textAt(taint, 'effect') !== 'PreferNoSchedule' && !OF_CONDITIONS.test(textAt(taint, 'key') ?? ''),
  );
  const told = taints.map((taint) => `${textAt(taint, 'key')}:${textAt(taint, 'effect')}`);
  if (told.length > 0)
    return fatal(`tainted: ${few(told)}`, from, `kubectl taint node ${name} ${told[0]}-, if guests may run there`);
  return ok('not cordoned, no taint', from);
}
