import type { Kubelet } from '../backends.ts';
import type { Core } from '../core.ts';
import type { KubeObject } from '../objects.ts';
import { at } from '../request.ts';
import { badRequest, internal, internalError } from '../status.ts';

const LISTS = ['containers', 'initContainers', 'ephemeralContainers'];
const DEFAULT_ANNOTATION = 'kubectl.kubernetes.io/default-container';

/** The container that a log or exec is about; a pod with several must be told which. @throws ApiError 400. */
export function containerOf(pod: KubeObject, asked: string): string {
  const names = (list: string) =>
    ((at(pod, 'spec', list) ?? []) as readonly { readonly name: string }[]).map(({ name }) => name);
  const name = pod.metadata.name ?? '';
  if (asked !== '') {
    if (LISTS.flatMap(names).includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only, another] = names('containers');
  if (only !== undefined && another === undefined) return only;
  const choices = `choose one of: [${names('containers').join(' ')}]`;
  const init = names('initContainers');
  const more = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequest(`a container name must be specified for pod ${name}, ${choices}${more}`);
}

/** The annotation by which a pod names the container that kubectl takes. */
export function defaultContainer(pod: KubeObject): string {
  return pod.metadata.annotations?.[DEFAULT_ANNOTATION] ?? '';
}

/** The kubelet of a pod's node. @throws ApiError 500 when the node has no address or nobody listens there. */
export function kubeletOf(core: Core, pod: KubeObject): Kubelet {
  const nodeName = String(at(pod, 'spec', 'nodeName'));
  const node = core.store.get({ resource: 'nodes', namespace: '', name: nodeName });
  if (node === undefined) throw internal(`nodes ${JSON.stringify(nodeName)} not found`);
  const addresses = (at(node, 'status', 'addresses') ?? []) as readonly { readonly address: string }[];
  if (addresses.length === 0) throw internal('no preferred addresses found; known addresses: []');
  const kubelet = core.network.kubelet(nodeName);
  if (kubelet !== undefined) return kubelet;
  const [first] = addresses;
  throw internalError(`dial tcp ${first?.address}:10250: connect: connection refused`);
}
