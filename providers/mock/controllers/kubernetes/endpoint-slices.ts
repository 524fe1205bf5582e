import { selects } from '../../label-selector.ts';
import { same } from '../canonical.ts';
import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { keyOf, type Loose, type Pod } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { controlledBy, isReady } from './pods-of.ts';

const MANAGER = 'endpointslice-controller.k8s.io';

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly targetPort?: number | string;
}

/** Keeps one EndpointSlice for each Service with a selector. */
export function startEndpointSlices(component: Component): void {
  const services = component.informer<Loose>(pathTo(RESOURCES.services));
  const pods = component.informer<Pod>(pathTo(RESOURCES.pods));
  const slices = component.informer<Loose>(pathTo(RESOURCES.endpointSlices));
  const loop = component.loop([services, pods, slices], async (key) => {
    const service = services.get(key);
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
    const selector = service.spec?.selector as Readonly<Record<string, string>> | undefined;
    if (selector === undefined || Object.keys(selector).length === 0) return;
    const { namespace } = service.metadata;
    const backends = pods
      .list()
      .filter((pod) => pod.metadata.namespace === namespace && pod.status?.podIP !== undefined)
      .filter((pod) => selects({ matchLabels: selector }, pod.metadata.labels));
    const content = { endpoints: backends.map(endpoint), ports: ports(service, backends[0]) };
    const mine = slices.list().find((slice) => controls(service, slice));
    if (mine === undefined) slices.observe(await create(service, content));
    else if (!same([mine.endpoints ?? [], mine.ports ?? []], [content.endpoints, content.ports]))
      slices.observe(
        await component.rest.replace<Loose>(pathTo(RESOURCES.endpointSlices, namespace, mine.metadata.name), {
          ...mine,
          ...content,
        }),
      );
  });
  trigger(services, loop);
  trigger(pods, loop, (pod) =>
    services
      .list()
      .filter((service) => service.metadata.namespace === pod.metadata.namespace)
      .map(keyOf),
  );

  async function create(service: Loose, content: Readonly<Record<string, unknown>>): Promise<Loose> {
    const { name = '', namespace } = service.metadata;
    return await component.rest.create<Loose>(pathTo(RESOURCES.endpointSlices, namespace), {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels: {
          ...service.metadata.labels,
          'endpointslice.kubernetes.io/managed-by': MANAGER,
          'kubernetes.io/service-name': name,
        },
        ownerReferences: [controlledBy(service)],
      },
      addressType: 'IPv4',
      ...content,
    });
  }
}

function controls(service: Loose, slice: Loose): boolean {
  return slice.metadata.ownerReferences?.some((owner) => owner.uid === service.metadata.uid) ?? false;
}

function endpoint(pod: Pod) {
  const ready = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving: ready, terminating },
    nodeName: pod.spec.nodeName,
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

function ports(service: Loose, pod: Pod | undefined) {
  const list = (service.spec?.ports ?? []) as readonly ServicePort[];
  const named = (pod?.spec.containers ?? []).flatMap((container) => container.ports ?? []);
  return list.map(({ name = '', port, protocol = 'TCP', targetPort = port }) => {
    const number =
      typeof targetPort === 'number' ? targetPort : named.find((each) => each.name === targetPort)?.containerPort;
    return { name, port: number ?? port, protocol };
  });
}
