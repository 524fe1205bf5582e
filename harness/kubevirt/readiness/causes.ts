import { condition, type KubevirtResource } from '../objects.ts';
import { type Cause, LONG_MS, SHORT_MS } from './cause.ts';
import { podCause } from './pod-causes.ts';
import { type ComponentState, deploymentOf, type Workload } from './state.ts';
import { newestWarnings, type Warning } from './warnings.ts';
import { webhookWords } from './webhook-words.ts';

/**
 * Everything that keeps an installation from getting ready, the most telling first: what holds the namespace, what is
 * wrong with a pod, pods that cannot be made, an API that does not answer, and at last what the operator says itself.
 */
export function causesOf(state: ComponentState, resource: KubevirtResource | undefined): readonly Cause[] {
  const warnings = newestWarnings(state.events);
  const causes = [
    namespaceCause(state),
    ...state.pods.map((pod) => podCause(pod, warnings)),
    ...state.replicaSets.map(replicaFailure),
    ...state.daemonSets.map((set) => uncreated(set, warnings)),
    ...apiCauses(state),
    operatorCause(resource),
  ];
  const known = new Map<string, Cause>();
  for (const cause of causes) if (cause !== undefined && !known.has(cause.key)) known.set(cause.key, cause);
  // Of two troubles the one that no waiting heals is the surer one.
  return [...known.values()].sort((one, other) => Number(one.patienceMs > 0) - Number(other.patienceMs > 0));
}

/** What keeps a namespace that is being deleted, in the words of its own conditions; undefined when it is not. */
export function namespaceCause({ namespace }: Pick<ComponentState, 'namespace'>): Cause | undefined {
  if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
  const telling = (namespace.status?.conditions ?? []).filter(
    ({ type, status }) => type.startsWith('Namespace') && status === 'True',
  );
  const why = telling.map(({ message, reason }) => message ?? reason ?? '').filter((text) => text !== '');
  const name = namespace.metadata.name;
  return {
    key: `namespace ${name}`,
    patienceMs: SHORT_MS,
    blame: 'infra',
    message: `namespace ${name} is being deleted and does not go away: ${why.length === 0 ? 'its conditions give no reason' : why.join('; ')}`,
    hint: `take away what its conditions name: kubectl get namespace ${name} -o yaml`,
  };
}

function replicaFailure(set: Workload): Cause | undefined {
  const failure = condition(set.status?.conditions, 'ReplicaFailure');
  if (failure?.status !== 'True') return undefined;
  return refusedPods(`deployment ${deploymentOf(set.metadata.name)}`, failure.message ?? failure.reason ?? '');
}

/** A DaemonSet has no condition for it: its events tell. */
function uncreated(set: Workload, warnings: readonly Warning[]): Cause | undefined {
  const { desiredNumberScheduled = 0, currentNumberScheduled = 0 } = set.status ?? {};
  if (currentNumberScheduled >= desiredNumberScheduled) return undefined;
  const own = warnings.find(
    ({ about, reason }) => about === `daemonset/${set.metadata.name}` && reason === 'FailedCreate',
  );
  return own && refusedPods(`daemonset ${set.metadata.name}`, own.message);
}

function refusedPods(owner: string, said: string): Cause {
  const webhook = webhookWords(said);
  if (webhook !== undefined) {
    return {
      key: `webhook ${webhook.name}`,
      patienceMs: webhook.isKubevirts ? LONG_MS : SHORT_MS,
      blame: webhook.isKubevirts ? 'product' : 'infra',
      message: `${owner}: its pods cannot be made: ${webhook.text}`,
      hint: webhook.hint,
    };
  }
  const isQuota = /exceeded quota|must specify (limits|requests)|LimitRange|maximum .* usage/i.test(said);
  const isSecurity = /violates PodSecurity/.test(said);
  return {
    key: `refused ${owner}`,
    patienceMs: isSecurity ? 0 : SHORT_MS,
    blame: 'infra',
    message: `${owner}: its pods are refused: ${JSON.stringify(said)}`,
    hint: isQuota
      ? 'take the quota or limit range out of that namespace, or make it big enough'
      : isSecurity
        ? 'let the namespace enforce pod-security.kubernetes.io/enforce=privileged'
        : 'look who refuses them: kubectl get events of that namespace',
  };
}

/** Before anything serves it, an APIService is out of reach by rights. */
function apiCauses({ apiServices, pods }: ComponentState): readonly Cause[] {
  const isServed = pods.some(
    (pod) =>
      /^(virt-api|cdi-apiserver)/.test(pod.metadata.name) &&
      condition(pod.status?.conditions, 'Ready')?.status === 'True',
  );
  if (!isServed) return [];
  return apiServices.flatMap(({ metadata, status }): readonly Cause[] => {
    const available = condition(status?.conditions, 'Available');
    if (available?.status !== 'False') return [];
    return [
      {
        key: `apiservice ${metadata.name}`,
        patienceMs: LONG_MS,
        blame: 'infra',
        message: `APIService ${metadata.name} does not answer although its pods are ready: ${available.reason ?? ''} ${JSON.stringify(available.message ?? '')}`,
        hint: 'check that the API server reaches the pod network: its CNI, kube-proxy, and firewalls between',
      },
    ];
  });
}

function operatorCause(resource: KubevirtResource | undefined): Cause | undefined {
  const failed = resource?.status?.conditions?.find(
    ({ reason, status, type }) => reason === 'DeploymentFailed' && type === 'Degraded' && status === 'True',
  );
  if (failed === undefined) return undefined;
  const said = failed.message ?? '';
  const webhook = webhookWords(said);
  const isForeign = webhook !== undefined && !webhook.isKubevirts;
  return {
    key: 'operator',
    patienceMs: isForeign ? SHORT_MS : LONG_MS,
    blame: isForeign ? 'infra' : 'product',
    message: `virt-operator cannot install KubeVirt: ${isForeign ? webhook.text : JSON.stringify(said)}`,
    hint: isForeign ? webhook.hint : 'read the virt-operator log',
  };
}
