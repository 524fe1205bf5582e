import type { KubeObject } from '../../kube/objects.ts';
import { type Check, fatal, type Judgement, note, ok, unread, warning } from '../check.ts';
import { at, few, listAt, nameOf, textAt } from './fields.ts';
import { readyEndpoints, serviceOf } from './network-checks.ts';
import { judged } from './reading.ts';
import type { ClusterReadings, ClusterWish } from './readings.ts';
import { selects } from './selector.ts';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
/** Longer than any namespace of a healthy cluster takes to go. */
const STUCK_MS = 5 * 60_000;

/** What others have put into the cluster and what may stand in the way of ours. */
export const GROUND_CHECKS: readonly Check<ClusterReadings>[] = [
  {
    id: 'storage-classes',
    group: 'cluster',
    title: 'storage classes',
    expected: 'nothing: the guests of the lane boot from container disks',
    why: 'worth knowing for suites that need volumes',
    judge: ({ storageClasses }) =>
      judged(storageClasses, '/apis/storage.k8s.io/v1/storageclasses', (all) => {
        const from = 'storageclasses';
        const names = all.map(
          (one) => `${nameOf(one)}${one.metadata.annotations?.[DEFAULT_CLASS] === 'true' ? ' (default)' : ''}`,
        );
        return note(names.length === 0 ? 'none' : few(names), from);
      }),
  },
  {
    id: 'admission-webhooks',
    group: 'cluster',
    title: 'no admission webhook refuses for want of its server',
    expected: 'the service of every webhook that fails closed has an endpoint',
    why: 'the API server refuses whatever such a webhook matches, for as long as nobody answers',
    judge: ({ webhooks, endpointSlices, wish }) =>
      judged(webhooks, '/apis/admissionregistration.k8s.io/v1', (configurations) =>
        judged(endpointSlices, '/apis/discovery.k8s.io/v1/endpointslices', (slices) =>
          judgeWebhooks(configurations, slices, wish),
        ),
      ),
  },
  {
    id: 'stuck-namespaces',
    group: 'cluster',
    title: 'no namespace is stuck in termination',
    expected: 'namespaces that are deleted go away within minutes',
    why: 'what holds them holds ours too, and KubeVirt cannot be installed into one that is going',
    judge: ({ namespaces, now }) =>
      judged(namespaces, '/api/v1/namespaces', (all) => {
        const from = 'namespaces with a deletionTimestamp';
        const going = all.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
        const action = 'read its status.conditions: kubectl get namespace NAME -o yaml';
        const own = going.filter((one) => nameOf(one) === 'kubevirt');
        if (all.length === 0) return unread('the list is empty, which it never is', from, action);
        const isStuck = ({ metadata }: KubeObject) =>
          now.getTime() - Date.parse(metadata.deletionTimestamp ?? '') > STUCK_MS;
        const [kubevirts] = own;
        if (kubevirts !== undefined) {
          const read = `kubevirt is being deleted${holdOf(kubevirts)}`;
          return isStuck(kubevirts) ? fatal(read, from, action) : warning(read, from, `a run waits for it; ${action}`);
        }
        const stuck = going.filter(isStuck);
        if (stuck.length > 0) return warning(`stuck: ${few(stuck.map(nameOf))}`, from, action);
        return ok(going.length === 0 ? 'none' : `on their way: ${few(going.map(nameOf))}`, from);
      }),
  },
  {
    id: 'pod-security',
    group: 'cluster',
    title: 'pod security lets KubeVirt in',
    expected: 'namespace kubevirt, if it is there already, enforces no more than privileged',
    why: 'virt-handler is a privileged pod of the host: baseline and restricted refuse it',
    judge: ({ namespaces }) =>
      judged(namespaces, '/api/v1/namespaces', (all) => {
        const from = 'label pod-security.kubernetes.io/enforce of namespace kubevirt';
        const own = all.find((one) => nameOf(one) === 'kubevirt');
        if (own === undefined) return ok('not there yet: KubeVirt brings its own label', from);
        const level = own.metadata.labels?.['pod-security.kubernetes.io/enforce'];
        if (level === 'privileged') return ok('privileged', from);
        if (level === undefined) return note("none: the cluster's default decides, which nobody can read", from);
        const action = 'kubectl label --overwrite namespace kubevirt pod-security.kubernetes.io/enforce=privileged';
        return fatal(level, from, action);
      }),
  },
  {
    id: 'quotas',
    group: 'cluster',
    title: 'no quota or limit stands in the way',
    expected: 'namespace kubevirt has neither ResourceQuota nor LimitRange',
    why: "KubeVirt's pods name no limits: a quota for them refuses every one",
    judge: ({ quotas, limits }) =>
      judged(quotas, '/api/v1/resourcequotas', (some) =>
        judged(limits, '/api/v1/limitranges', (others) => {
          const from = 'resourcequotas and limitranges of namespace kubevirt';
          const own = [...some, ...others].filter(({ metadata }) => metadata.namespace === 'kubevirt');
          const action = 'delete it, or make sure that KubeVirt fits into it';
          return own.length === 0 ? ok('none', from) : warning(few(own.map(nameOf)), from, action);
        }),
      ),
  },
];

/** What keeps a namespace, in the words of its conditions. */
function holdOf(namespace: KubeObject): string {
  const said = listAt(namespace, 'status', 'conditions')
    .filter((condition) => textAt(condition, 'status') === 'True')
    .flatMap((condition) => textAt(condition, 'message') ?? []);
  return said.length === 0 ? '' : `: ${said.join('; ')}`;
}

interface FailingWebhook {
  readonly name: string;
  readonly isOurs: boolean;
}

function judgeWebhooks(
  configurations: readonly KubeObject[],
  slices: readonly KubeObject[],
  wish: ClusterWish,
): Judgement {
  const from = 'webhook configurations, and the endpointslices of their services';
  const closed = configurations.flatMap((configuration) =>
    listAt(configuration, 'webhooks')
      .filter((hook) => textAt(hook, 'failurePolicy') !== 'Ignore')
      .map((hook) => ({ hook, configuration })),
  );
  const dead = closed.flatMap(({ hook, configuration }): readonly FailingWebhook[] => {
    const [namespace, service] = [
      textAt(hook, 'clientConfig', 'service', 'namespace'),
      textAt(hook, 'clientConfig', 'service', 'name'),
    ];
    // One that is reached by URL may live anywhere: nothing can be said of it.
    if (service === undefined || hasEndpoint(slices, namespace, service)) return [];
    // What an earlier run left behind is swept before anything else.
    if (configuration.metadata.labels?.['sevlane/run'] !== undefined) return [];
    return [{ name: textAt(hook, 'name') ?? nameOf(configuration), isOurs: matchesOurs(hook, wish) }];
  });
  const action = 'bring its service back, or delete its configuration if nobody needs it';
  const told = dead.map(({ name, isOurs }) => `${name}${isOurs ? ', which is asked about what a run makes' : ''}`);
  if (dead.some(({ isOurs }) => isOurs)) return fatal(`no endpoint: ${few(told)}`, from, action);
  if (dead.length > 0) return warning(`no endpoint: ${few(told)}`, from, action);
  return ok(closed.length === 0 ? 'none fails closed' : `${closed.length} fail closed, each with an endpoint`, from);
}

function hasEndpoint(slices: readonly KubeObject[], namespace: string | undefined, service: string): boolean {
  return slices.some(
    (slice) => slice.metadata.namespace === namespace && serviceOf(slice) === service && readyEndpoints(slice) > 0,
  );
}

/** What a run creates, by group: a webhook that is asked about one of these refuses it. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  '': ['namespaces', 'pods', 'services', 'serviceaccounts', 'configmaps', 'secrets'],
  apps: ['deployments', 'daemonsets', 'replicasets'],
  'rbac.authorization.k8s.io': ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  'apiextensions.k8s.io': ['customresourcedefinitions'],
  'admissionregistration.k8s.io': ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
  'apiregistration.k8s.io': ['apiservices'],
  'kubevirt.io': ['kubevirts', 'virtualmachineinstances'],
  'coordination.k8s.io': ['leases'],
};

function matchesOurs(hook: unknown, { runId, leaseNamespace }: ClusterWish): boolean {
  const rules = listAt(hook, 'rules').some((rule) => {
    const groups = listAt(rule, 'apiGroups');
    const resources = listAt(rule, 'resources');
    return Object.entries(OURS).some(
      ([group, plurals]) =>
        (groups.includes('*') || groups.includes(group)) &&
        plurals.some((plural) => [plural, '*', '*/*'].some((word) => resources.includes(word))),
    );
  });
  const namespaces = [`sevlane-${runId}`, 'kubevirt', leaseNamespace];
  const isNear = namespaces.some((name) =>
    selects(at(hook, 'namespaceSelector'), { 'kubernetes.io/metadata.name': name, 'sevlane/run': runId }),
  );
  return rules && isNear && selects(at(hook, 'objectSelector'), { 'sevlane/run': runId });
}
