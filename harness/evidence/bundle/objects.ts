import { stringify } from 'yaml';
import type { KubeClient } from '../../kube/client.ts';
import { isRefusal } from '../../kube/errors.ts';
import { type KubeObject, objectKey, resourcePath } from '../../kube/objects.ts';
import { type Collecting, placeOf } from './collecting.ts';
import { NONE } from './contents.ts';
import { eventMoments, eventText, eventTime, type KubeEvent, transitions } from './moments.ts';
import { scrub } from './scrub.ts';
import type { Item } from './shelf.ts';

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

/**
 * Keeps the objects as YAML and the events in time order; each list is one request. Nothing is written before all of it
 * was scrubbed: a secret of one object may be quoted in another.
 */
export async function keepObjects(collecting: Collecting, client: KubeClient): Promise<Found> {
  const { namespace, node } = collecting.reach;
  const list = (kind: Kind) => listKind(collecting, client, kind);
  const lists = await Promise.all(kindsAround(namespace, node).map(list));
  const objectsIn = (file: string) => lists.find(({ kind }) => kind.file === file)?.objects ?? [];
  const [launchers, controlPlane] = [objectsIn('pods'), objectsIn('kubevirt-pods')];
  const installed = [...controlPlane, ...objectsIn('kubevirts')].flatMap(({ metadata }) => metadata.namespace ?? []);
  const namespaces = [...new Set([namespace, ...installed])];
  const [ofNamespaces, events] = await Promise.all([
    list(namespacesOf(namespaces)),
    Promise.all(eventsAround(namespaces, node).map((wish) => listEvents(collecting, client, wish))),
  ]);
  for (const { kind, from, objects } of [...lists, ofNamespaces]) {
    if (objects === undefined) continue;
    const text = objects.map(toYaml).join('---\n');
    await keepText(collecting, { what: kind.what, from, place: 'objects', file: `objects/${kind.file}.yaml`, text });
  }
  for (const item of events) if (item !== undefined) await keepText(collecting, item);
  return { launchers, controlPlane };
}

async function keepText({ shelf }: Collecting, item: Item): Promise<void> {
  if (item.text === '') shelf.missed({ what: item.what, from: item.from, why: NONE });
  else await shelf.put(item);
}

/** Everything that KubeVirt's components and the launchers of all guests carry. */
const KUBEVIRT = 'kubevirt.io';

/** The name under which the host was probed need not be that of its node. */
const HOSTNAME = 'kubernetes.io/hostname';

function kindsAround(namespace: string, node: string | undefined): readonly Kind[] {
  const ofGuests = (plural: string) => inNamespace('kubevirt.io/v1', plural, namespace);
  const apps = (plural: string) => resourcePath({ apiVersion: 'apps/v1', plural });
  const labelSelector = KUBEVIRT;
  return [
    {
      file: 'virtualmachineinstances',
      what: "guests of the run's namespace",
      path: ofGuests('virtualmachineinstances'),
    },
    {
      file: 'virtualmachines',
      what: "virtual machines of the run's namespace",
      path: ofGuests('virtualmachines'),
    },
    { file: 'pods', what: "pods of the run's guests", path: inNamespace('v1', 'pods', namespace) },
    {
      ...{ file: 'nodes', what: node === undefined ? 'nodes' : `node ${node}`, path: '/api/v1/nodes' },
      only: ({ metadata }) => node === undefined || [metadata.name, metadata.labels?.[HOSTNAME]].includes(node),
    },
    { file: 'kubevirts', what: 'KubeVirt resources', path: '/apis/kubevirt.io/v1/kubevirts' },
    {
      ...{ file: 'kubevirt-pods', what: "KubeVirt's own pods", path: '/api/v1/pods', labelSelector },
      only: (pod) => isControlPlane(pod, node),
    },
    { file: 'kubevirt-deployments', what: "KubeVirt's deployments", path: apps('deployments'), labelSelector },
    { file: 'kubevirt-daemonsets', what: "KubeVirt's daemon sets", path: apps('daemonsets'), labelSelector },
  ];
}

function namespacesOf(namespaces: readonly string[]): Kind {
  const what = 'namespaces of the run and of KubeVirt';
  const only = ({ metadata }: KubeObject) => namespaces.includes(metadata.name ?? '');
  return { file: 'namespaces', what, path: '/api/v1/namespaces', only };
}

/** Guests of other people run in launchers too: those are none of ours. */
function isControlPlane({ metadata, spec }: KubeObject, node: string | undefined): boolean {
  const component = metadata.labels?.[KUBEVIRT];
  if (component === undefined || component === 'virt-launcher') return false;
  const { nodeName } = (spec ?? {}) as { readonly nodeName?: string };
  return component !== 'virt-handler' || node === undefined || nodeName === undefined || nodeName === node;
}

interface Listed {
  readonly kind: Kind;
  readonly from: string;
  /** Scrubbed, by name; undefined when they could not be read. */
  readonly objects: readonly KubeObject[] | undefined;
}

async function listKind(collecting: Collecting, client: KubeClient, kind: Kind): Promise<Listed> {
  const { signal, redactor, theirs } = collecting;
  const { what, path, labelSelector, only = () => true } = kind;
  const from = `GET ${path}${labelSelector === undefined ? '' : ` with label ${labelSelector}`}`;
  const objects = await collecting.ask({ what, from }, async () => {
    const selector = labelSelector === undefined ? {} : { labelSelector };
    const { items } = await client.list(path, { signal, ...selector }).catch((error: unknown) => {
      throw isRefusal(error, 404) ? new Error('the cluster does not know this kind of object') : error;
    });
    const own = items.filter(only).map((item) => scrub(item, redactor));
    theirs.push(...own.flatMap(transitions));
    return own.sort((one, other) => objectKey(one).localeCompare(objectKey(other)));
  });
  return { kind, from, objects };
}

/** Long lines stay in one piece, so that what is searched for is found. */
function toYaml(object: KubeObject): string {
  return `# ${object.kind} ${placeOf(object)}\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

interface EventsWish {
  readonly what: string;
  readonly path: string;
  readonly file: string;
  readonly fieldSelector?: string;
}

/** Events about nodes stand in the namespace that has no other use. */
function eventsAround(namespaces: readonly string[], node: string | undefined): readonly EventsWish[] {
  const ofNode = (name: string) => ({
    what: `events of node ${name}, in time order`,
    path: inNamespace('v1', 'events', 'default'),
    file: 'events/node.txt',
    fieldSelector: `involvedObject.kind=Node,involvedObject.name=${name}`,
  });
  const ofNamespaces = namespaces.map((namespace) => ({
    what: `events of namespace ${namespace}, in time order`,
    path: inNamespace('v1', 'events', namespace),
    file: `events/${namespace}.txt`,
  }));
  return [...ofNamespaces, ...(node === undefined ? [] : [ofNode(node)])];
}

async function listEvents(collecting: Collecting, client: KubeClient, wish: EventsWish): Promise<Item | undefined> {
  const { what, path, file, fieldSelector } = wish;
  const { signal, theirs, redactor } = collecting;
  const from = `GET ${path}`;
  return await collecting.ask({ what, from }, async (): Promise<Item> => {
    const selector = fieldSelector === undefined ? {} : { fieldSelector };
    const { items } = await client.list<KubeEvent>(path, { signal, ...selector });
    const events = items
      .map((event) => scrub(event, redactor))
      .sort((one, other) => (eventTime(one) || 0) - (eventTime(other) || 0));
    theirs.push(...eventMoments(events));
    return { what, from, file, place: 'events', text: events.map(eventLine).join('\n') };
  });
}

function eventLine(event: KubeEvent): string {
  const at = eventTime(event);
  return `${Number.isNaN(at) ? '(no time)' : new Date(at).toISOString()}  ${eventText(event)}`;
}

function inNamespace(apiVersion: string, plural: string, namespace: string): string {
  return resourcePath({ apiVersion, plural, namespace });
}
