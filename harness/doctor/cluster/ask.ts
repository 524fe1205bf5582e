import { InfraError } from '../../errors/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isRefusal, KubeError } from '../../kube/errors.ts';
import type { Lease } from '../../kube/lease/record.ts';
import { type KubeObject, resourcePath } from '../../kube/objects.ts';
import { peekCertificate } from '../../kube/peek.ts';
import { RUN_LABEL } from '../../kube/sweep.ts';
import type { Scope } from '../../scope/scope.ts';
import { turnstile } from '../../scope/turnstile.ts';
import type { SshConnection } from '../../ssh/connection.ts';
import { fencingGround } from './fencing.ts';
import { at, listAt, textAt } from './fields.ts';
import { nodeUnderTest } from './node.ts';
import { ask, type Reading } from './reading.ts';
import type { ClusterReadings, ClusterWish, Health, Identity } from './readings.ts';
import { type ImageAnswer, lookUpImage } from './registry.ts';
import { missingRights } from './rights.ts';

/** The readings that need an API that answers. */
export type ApiReadings = Omit<ClusterReadings, 'now' | 'wish' | 'host' | 'credentials' | 'apiCertificate' | 'version'>;

interface ApiQuestions {
  readonly client: KubeClient;
  readonly ssh: SshConnection | undefined;
  readonly wish: ClusterWish;
  /** As the host calls itself; undefined when it was not read. */
  readonly hostname: string | undefined;
}

const KUBELET_PORT = 10_250;
/** Questions that are under way at the same time. */
const AT_ONCE = 8;

/** Asks the API server everything, a few questions at a time and each bounded; nothing is changed. */
export async function askApi(scope: Scope, { client, ssh, wish, hostname }: ApiQuestions): Promise<ApiReadings> {
  const enter = turnstile(AT_ONCE);
  const question = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<Reading<T>> => enter(() => ask(scope, work));
  const list = (apiVersion: string, plural: string, labelSelector?: string) =>
    question((signal) => listed(client, resourcePath({ apiVersion, plural }), { signal, labelSelector }));
  const nodes = list('v1', 'nodes');
  const admission = 'admissionregistration.k8s.io/v1';
  const questions = {
    ready: question((signal) => health(client, '/readyz', signal)),
    live: question((signal) => health(client, '/livez', signal)),
    identity: question((signal) => whoAmI(client, signal)),
    missingRights: question((signal) => missingRights(client, wish.leaseNamespace, signal)),
    nodes,
    kubeletCertificate: nodes.then((read) => askKubelet(scope, { ssh, wish, hostname, nodes: read })),
    daemonSets: list('apps/v1', 'daemonsets'),
    endpointSlices: list('discovery.k8s.io/v1', 'endpointslices'),
    storageClasses: list('storage.k8s.io/v1', 'storageclasses'),
    webhooks: both(
      list(admission, 'validatingwebhookconfigurations'),
      list(admission, 'mutatingwebhookconfigurations'),
    ),
    namespaces: list('v1', 'namespaces'),
    apiServices: list('apiregistration.k8s.io/v1', 'apiservices'),
    quotas: list('v1', 'resourcequotas'),
    limits: list('v1', 'limitranges'),
    labelled: both(
      both(list('v1', 'pods', RUN_LABEL), list('apps/v1', 'deployments', RUN_LABEL)),
      list('apiextensions.k8s.io/v1', 'customresourcedefinitions', RUN_LABEL),
    ),
    lease: question((signal) => findLease(client, wish.leaseNamespace, signal)),
    fencing: question((signal) => fencingGround(client, wish.leaseNamespace, signal)),
    kubevirtDefinition: question((signal) => client.find(DEFINITION, { signal })),
    kubevirts: question((signal) => ifServed(listed(client, KUBEVIRTS, { signal }))),
    images: nodes.then((read) => askImages(scope, { ssh, wish, hostname, nodes: read })),
  };
  const names = Object.keys(questions) as (keyof typeof questions)[];
  const answers = await Promise.all(names.map((name) => questions[name]));
  return Object.fromEntries(names.map((name, index) => [name, answers[index]])) as unknown as ApiReadings;
}

const DEFINITION = resourcePath({
  apiVersion: 'apiextensions.k8s.io/v1',
  plural: 'customresourcedefinitions',
  name: 'kubevirts.kubevirt.io',
});
const KUBEVIRTS = resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'kubevirts' });

interface ListBounds {
  readonly signal: AbortSignal;
  readonly labelSelector?: string | undefined;
}

const PAGE = 500;

/** A list of the right kind whose items have a name each: anything else is no answer to the question. */
async function listed(
  client: KubeClient,
  path: string,
  { signal, labelSelector }: ListBounds,
): Promise<readonly KubeObject[]> {
  const first = await client.get(path, { signal, query: { limit: PAGE, labelSelector } });
  if (!isListOf(path.split('/').at(-1) ?? '', first))
    throw new InfraError(
      `list ${path}: the answer is no list of these: ${String(at(first, 'kind') ?? 'without a kind')}`,
    );
  const isWhole = (textAt(first, 'metadata', 'continue') ?? '') === '';
  const items = isWhole
    ? listAt(first, 'items')
    : (await client.list(path, { signal, ...(labelSelector === undefined ? {} : { labelSelector }) })).items;
  if (items.every((item): item is KubeObject => textAt(item, 'metadata', 'name') !== undefined)) return items;
  throw new InfraError(`list ${path}: it holds something that has no name`);
}

/** `storageclasses` and a StorageClassList belong together. */
function isListOf(plural: string, list: unknown): boolean {
  const singular = /^(.+)List$/.exec(textAt(list, 'kind') ?? '')?.[1]?.toLowerCase();
  const isNamed = singular !== undefined && plural.startsWith(singular) && plural.length - singular.length <= 2;
  return isNamed && (Array.isArray(at(list, 'items')) || at(list, 'items') === undefined || at(list, 'items') === null);
}

async function both(
  one: Promise<Reading<readonly KubeObject[]>>,
  other: Promise<Reading<readonly KubeObject[]>>,
): Promise<Reading<readonly KubeObject[]>> {
  const [first, second] = await Promise.all([one, other]);
  if ('unread' in first) return first;
  return 'unread' in second ? second : { value: [...first.value, ...second.value] };
}

/** A cluster without KubeVirt does not serve its kinds. */
async function ifServed(work: Promise<readonly KubeObject[]>): Promise<readonly KubeObject[]> {
  try {
    return await work;
  } catch (error) {
    if (isRefusal(error, 404)) return [];
    throw error;
  }
}

async function health(client: KubeClient, path: string, signal: AbortSignal): Promise<Health> {
  try {
    return { status: 200, text: await client.text(path, { signal, query: { verbose: true } }) };
  } catch (error) {
    // A server that is not well says so with 500 and names what is wrong.
    if (error instanceof KubeError && error.status === 500) return { status: 500, text: error.body };
    throw error;
  }
}

async function whoAmI(client: KubeClient, signal: AbortSignal): Promise<Identity> {
  const version = 'authentication.k8s.io/v1';
  const body = { apiVersion: version, kind: 'SelfSubjectReview', metadata: {} };
  const { text } = await client.request({ method: 'POST', path: `/apis/${version}/selfsubjectreviews`, body, signal });
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch (cause) {
    throw new InfraError('the answer to a SelfSubjectReview is not JSON', { cause });
  }
  const username = textAt(said, 'status', 'userInfo', 'username');
  if (username === undefined) throw new InfraError('the answer to a SelfSubjectReview names nobody');
  const groups = listAt(said, 'status', 'userInfo', 'groups').filter((group) => typeof group === 'string');
  return { username, groups };
}

async function findLease(client: KubeClient, namespace: string, signal: AbortSignal): Promise<Lease | undefined> {
  const path = resourcePath({ apiVersion: 'coordination.k8s.io/v1', plural: 'leases', namespace, name: 'sevlane' });
  const lease = await client.find<Lease>(path, { signal });
  if (lease === undefined || at(lease, 'kind') === 'Lease') return lease;
  throw new InfraError(`get ${path}: the answer is no Lease`);
}

const FROM_NODE = { unread: 'there is no connection to the node', action: 'name the node with --ssh' } as const;

async function lookUpFromNode(
  ssh: SshConnection | undefined,
  image: string,
  signal: AbortSignal,
): Promise<ImageAnswer> {
  return ssh === undefined
    ? { image, state: 'unreachable', why: FROM_NODE.unread }
    : await lookUpImage(ssh, image, { signal });
}

interface NodeQuestions {
  readonly ssh: SshConnection | undefined;
  readonly wish: ClusterWish;
  readonly hostname: string | undefined;
  readonly nodes: Reading<readonly KubeObject[]>;
}

async function askKubelet(
  scope: Scope,
  { ssh, nodes, ...who }: NodeQuestions,
): Promise<ApiReadings['kubeletCertificate']> {
  const node = nodeUnderTest(nodes, who.wish.node ?? who.hostname);
  if ('unread' in node) return node;
  if (ssh === undefined) return FROM_NODE;
  const address = listAt(node.value, 'status', 'addresses').find((each) => textAt(each, 'type') === 'InternalIP');
  const host = textAt(address, 'address') ?? '127.0.0.1';
  return await ask(scope, (signal) => peekCertificate(ssh, { host, port: KUBELET_PORT }, signal));
}

/** Images that are on the node need no registry, unless they are pulled in any case. */
async function askImages(scope: Scope, { ssh, wish, nodes, ...who }: NodeQuestions): Promise<ApiReadings['images']> {
  const node = nodeUnderTest(nodes, wish.node ?? who.hostname);
  if ('unread' in node) return node;
  const names = new Set(listAt(node.value, 'status', 'images').flatMap((image) => listAt(image, 'names')));
  const found = async (image: string, signal: AbortSignal): Promise<ImageAnswer> =>
    names.has(image) && !wish.alwaysPulls ? { image, state: 'on the node' } : await lookUpFromNode(ssh, image, signal);
  return await ask(scope, (signal) => Promise.all(wish.images.map((image) => found(image, signal))));
}
