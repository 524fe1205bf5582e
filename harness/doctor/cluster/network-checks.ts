import type { KubeObject } from '../../kube/objects.ts';
import { type Check, fatal, type Judgement, note, ok, unread, warning } from '../check.ts';
import { at, conditionOf, few, listAt, nameOf, textAt } from './fields.ts';
import { nodeUnderTest } from './node.ts';
import { judged } from './reading.ts';
import type { ClusterReadings } from './readings.ts';

/** DaemonSets that give pods their addresses, by name. */
const CNI = /(flannel|calico|canal|cilium|ovnkube|ovn-|sdn|kindnet|weave|antrea|kube-router|aws-node|kube-ovn)/;
const DNS = /^(kube-dns|coredns|rke2-coredns-rke2-coredns|dns-default)$/;

/** What pods need before anything can run in them. */
export const NETWORK_CHECKS: readonly Check<ClusterReadings>[] = [
  {
    id: 'pod-network',
    group: 'cluster',
    title: 'pods get addresses',
    expected: "the node's network is there and a network plugin runs on every node",
    why: 'without it no pod leaves ContainerCreating, and KubeVirt gets no component up',
    judge: ({ nodes, wish, host, daemonSets }) =>
      judged(nodeUnderTest(nodes, wish.node ?? host?.hostname), '/api/v1/nodes', (node) =>
        judged(daemonSets, '/apis/apps/v1/daemonsets', (all) => judgeNetwork(node, all)),
      ),
  },
  {
    id: 'cluster-dns',
    group: 'cluster',
    title: 'the cluster resolves names',
    expected: 'a DNS service with at least one endpoint that is ready',
    why: 'guests and components that look up a name hang without it',
    judge: ({ endpointSlices }) =>
      judged(endpointSlices, '/apis/discovery.k8s.io/v1/endpointslices', (slices) => {
        const from = 'endpointslices of the DNS service';
        const own = slices.filter((slice) => DNS.test(serviceOf(slice)));
        const action = 'look at its pods: kubectl get pods -A | grep -i dns';
        if (own.length === 0) return warning('no DNS service was found', from, action);
        const ready = own.reduce((sum, slice) => sum + readyEndpoints(slice), 0);
        return ready === 0
          ? warning(`${serviceOf(own[0])} has no endpoint that is ready`, from, action)
          : ok(`${serviceOf(own[0])}, ${ready} ready`, from);
      }),
  },
  {
    id: 'image-pull',
    group: 'cluster',
    title: 'the node can get the images',
    expected: "KubeVirt's operator and the guest's disk are on the node or in a registry that it reaches",
    why: 'an image that cannot be pulled costs the whole time of the installation before it is seen',
    judge: ({ images, wish }) =>
      judged(images, 'images of the node, and the registry as the node reaches it', (answers) => {
        const from = "the node's status.images, and manifests asked for through the node";
        const told = (states: readonly string[]) => answers.filter(({ state }) => states.includes(state));
        const missing = told(['not in the registry']);
        const refused = told(['refused', 'unreachable']);
        if (missing.length > 0) {
          const action = 'check --kubevirt, --image-registry, --image-tag and --guest-image';
          return fatal(`not in the registry: ${few(missing.map(({ image }) => image))}`, from, action);
        }
        if (refused.length > 0) {
          const action =
            'give the node a way to the registry or load the images there; a mirror or proxy of its container runtime is not seen from here';
          const why = refused.map((answer) => `${answer.image}: ${'why' in answer ? answer.why : answer.state}`);
          return warning(`not known to be there: ${few(why, 2)}`, from, action);
        }
        if (answers.length === 0 && wish.build !== undefined)
          return note(`told by the manifest only, of ${wish.build}`, '--kubevirt');
        if (answers.length === 0) return note('none is needed: what stands there is tested', from);
        return ok(answers.map(({ image, state }) => `${image.split('/').at(-1)} ${state}`).join(', '), from);
      }),
  },
];

function judgeNetwork(node: KubeObject, daemonSets: readonly KubeObject[]): Judgement {
  const from = `node ${nameOf(node)} and the DaemonSets of network plugins`;
  const action = "look at the network plugin's pods, and at /etc/cni/net.d on the node";
  const ready = textAt(conditionOf(node, 'Ready'), 'message') ?? '';
  if (/cni|network plugin/i.test(ready) && /not ready|NetworkReady=false|not initialized/i.test(ready))
    return fatal(ready, from, action);
  if (textAt(conditionOf(node, 'NetworkUnavailable'), 'status') === 'True')
    return fatal(
      `NetworkUnavailable: ${textAt(conditionOf(node, 'NetworkUnavailable'), 'message') ?? ''}`,
      from,
      action,
    );
  const plugins = daemonSets.filter((one) => CNI.test(nameOf(one)));
  if (plugins.length === 0) return note('no network plugin of a known name: the runtime may bring its own', from);
  const counts = plugins.map((one) => {
    const [wanted, there] = [at(one, 'status', 'desiredNumberScheduled'), at(one, 'status', 'numberReady')];
    return {
      text: `${nameOf(one)} ${String(there ?? 0)} of ${String(wanted ?? '?')} ready`,
      wanted,
      there: there ?? 0,
    };
  });
  if (counts.some(({ wanted, there }) => typeof wanted !== 'number' || typeof there !== 'number'))
    return unread(`its status tells no numbers: ${few(counts.map(({ text }) => text))}`, from, action);
  const down = counts.filter(({ wanted, there }) => there !== wanted);
  if (down.some(({ there }) => there === 0)) return fatal(few(down.map(({ text }) => text)), from, action);
  return down.length > 0
    ? warning(few(down.map(({ text }) => text)), from, action)
    : ok(few(counts.map(({ text }) => text)), from);
}

/** The service that an EndpointSlice belongs to. */
export function serviceOf(slice: KubeObject | undefined): string {
  return slice?.metadata.labels?.['kubernetes.io/service-name'] ?? '';
}

/** Endpoints that are ready; one that does not say counts as ready, as the API has it. */
export function readyEndpoints(slice: KubeObject): number {
  return listAt(slice, 'endpoints').filter((each) => at(each, 'conditions', 'ready') !== false).length;
}
