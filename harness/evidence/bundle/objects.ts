import { stringify } from 'yaml';
import type { KubeClient } from '../../kube/client.ts';
import { isRefusal } from '../../kube/errors.ts';
import { type KubeObject, objectKey, resourcePath } from '../../kube/objects.ts';
import { type Collecting, placeOf } from './collecting.ts';
import { NONE } from './contents.ts';
import { eventMoments, eventText, eventTime, type KubeEvent, transitions } from './moments.ts';
import { scrub } from './scrub.ts';

/** The objects around a failure, for those who read logs and guests of them. */
export interface Found {
  /** Pods of the run's own namespace: the launchers of its guests. */
  readonly launchers: readonly KubeObject[];
  /** KubeVirt's own pods, of those on every node only the one on the node under test. */
  readonly controlPlane: readonly KubeObject[];
}

interface Kind {
  readonly file: string;
  readonly what: string;
  readonly path: string;
  readonly labelSelector?: string;
  readonly only?: (object: KubeObject) => boolean;
}

/** Keeps the objects as YAML and the events in time order; each list is one request. */
export async function keepObjects(collecting: Collecting, client: KubeClient): Promise<Found> {
  const { namespace, node } = collecting.reach;
  const keep = (kind: Kind) => keepKind(collecting, client, kind);
  const [launchers, pods, kubevirts] = await Promise.all([
    keep({ file: 'pods', what: "pods of the run's guests", path: inNamespace('v1', 'pods', namespace) }),
    keep({
      file: 'kubevirt-pods',
      what: "KubeVirt's own pods",
      path: '/api/v1/pods',
      labelSelector: KUBEVIRT,
      only: (pod) => isControlPlane(pod, node),
    }),
    keep({ file: 'kubevirts', what: 'KubeVirt resources', path: '/apis/kubevirt.io/v1/kubevirts' }),
    ...ofGuests(namespace).map(keep),
    ...ofKubevirt(node).map(keep),
  ]);
  const installed = [...pods, ...kubevirts].flatMap(({ metadata }) => metadata.namespace ?? []);
  const namespaces = [...new Set([namespace, ...installed])];
  await Promise.all([
    keepEvents(collecting, client, namespaces),
    ...(node === undefined ? [] : [keepNodeEvents(collecting, client, node)]),
    keep({
      ...{ file: 'namespaces', what: 'namespaces of the run and of KubeVirt', path: '/api/v1/namespaces' },
      only: ({ metadata }) => namespaces.includes(metadata.name ?? ''),
    }),
  ]);
  return { launchers, controlPlane: pods };
}

/** Everything that KubeVirt's components and the launchers of all guests carry. */
const KUBEVIRT = 'kubevirt.io';

/** The name under which the host was probed need not be that of its node. */
const HOSTNAME = 'kubernetes.io/hostname';

function ofGuests(namespace: string): readonly Kind[] {
  const own = (plural: string) => inNamespace('kubevirt.io/v1', plural, namespace);
  return [
    { file: 'virtualmachineinstances', what: "guests of the run's namespace", path: own('virtualmachineinstances') },
    { file: 'virtualmachines', what: "virtual machines of the run's namespace", path: own('virtualmachines') },
  ];
}

function ofKubevirt(node: string | undefined): readonly Kind[] {
  const apps = (plural: string) => resourcePath({ apiVersion: 'apps/v1', plural });
  const labelSelector = KUBEVIRT;
  return [
    { file: 'kubevirt-deployments', what: "KubeVirt's deployments", path: apps('deployments'), labelSelector },
    { file: 'kubevirt-daemonsets', what: "KubeVirt's daemon sets", path: apps('daemonsets'), labelSelector },
    {
      file: 'nodes',
      what: node === undefined ? 'nodes' : `node ${node}`,
      path: '/api/v1/nodes',
      only: ({ metadata }) => node === undefined || [metadata.name, metadata.labels?.[HOSTNAME]].includes(node),
    },
  ];
}

/** Guests of other people run in launchers too: those are none of ours. */
function isControlPlane({ metadata, spec }: KubeObject, node: string | undefined): boolean {
  const component = metadata.labels?.[KUBEVIRT];
  if (component === undefined || component === 'virt-launcher') return false;
  const { nodeName } = (spec ?? {}) as { readonly nodeName?: string };
  return component !== 'virt-handler' || node === undefined || nodeName === undefined || nodeName === node;
}

async function keepKind(
  collecting: Collecting,
  client: KubeClient,
  { file, what, path, labelSelector, only = () => true }: Kind,
): Promise<readonly KubeObject[]> {
  const { signal, redactor, theirs, shelf } = collecting;
  const from = `GET ${path}${labelSelector === undefined ? '' : ` with label ${labelSelector}`}`;
  const found = await collecting.ask({ what, from }, async () => {
    const selector = labelSelector === undefined ? {} : { labelSelector };
    const { items } = await client.list(path, { signal, ...selector }).catch((error: unknown) => {
      throw isRefusal(error, 404) ? new Error('the cluster does not know this kind of object') : error;
    });
    // Scrubbed first: what that teaches the redactor holds for everything that is written from now on.
    const own = items.filter(only).map((item) => scrub(item, redactor));
    const sorted = own.sort((one, other) => objectKey(one).localeCompare(objectKey(other)));
    theirs.push(...sorted.flatMap(transitions));
    if (sorted.length === 0) shelf.missed({ what, from, why: NONE });
    else
      await shelf.put({
        what,
        from,
        place: 'objects',
        file: `objects/${file}.yaml`,
        text: sorted.map(toYaml).join('---\n'),
      });
    return sorted;
  });
  return found ?? [];
}

/** Long lines stay in one piece, so that what is searched for is found. */
function toYaml(object: KubeObject): string {
  return `# ${object.kind} ${placeOf(object)}\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

async function keepEvents(collecting: Collecting, client: KubeClient, namespaces: readonly string[]): Promise<void> {
  await Promise.all(
    namespaces.map((namespace) =>
      eventsOf(collecting, client, {
        what: `events of namespace ${namespace}, in time order`,
        path: inNamespace('v1', 'events', namespace),
        file: `events/${namespace}.txt`,
      }),
    ),
  );
}

/** Events about nodes stand in the namespace that has no other use. */
async function keepNodeEvents(collecting: Collecting, client: KubeClient, node: string): Promise<void> {
  await eventsOf(collecting, client, {
    what: `events of node ${node}, in time order`,
    path: inNamespace('v1', 'events', 'default'),
    file: 'events/node.txt',
    fieldSelector: `involvedObject.kind=Node,involvedObject.name=${node}`,
  });
}

interface EventsWish {
  readonly what: string;
  readonly path: string;
  readonly file: string;
  readonly fieldSelector?: string;
}

async function eventsOf(collecting: Collecting, client: KubeClient, wish: EventsWish): Promise<void> {
  const { what, path, file, fieldSelector } = wish;
  const { signal, shelf, theirs, redactor } = collecting;
  const from = `GET ${path}`;
  await collecting.ask({ what, from }, async () => {
    const selector = fieldSelector === undefined ? {} : { fieldSelector };
    const { items } = await client.list<KubeEvent>(path, { signal, ...selector });
    const events = items
      .map((event) => scrub(event, redactor))
      .sort((one, other) => (eventTime(one) || 0) - (eventTime(other) || 0));
    theirs.push(...eventMoments(events));
    if (events.length === 0) return shelf.missed({ what, from, why: NONE });
    await shelf.put({ what, from, place: 'events', file, text: events.map(eventLine).join('\n') });
  });
}

function eventLine(event: KubeEvent): string {
  const at = eventTime(event);
  return `${Number.isNaN(at) ? '(no time)' : new Date(at).toISOString()}  ${eventText(event)}`;
}

function inNamespace(apiVersion: string, plural: string, namespace: string): string {
  return resourcePath({ apiVersion, plural, namespace });
}
