/** Which local port stands for an address as the node sees it; undefined: nobody listens there. */
export type AddressBook = (host: string, port: number) => number | undefined;

/** Addresses of the node's own servers, as they are seen from the node itself. */
export interface NodeAddresses {
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** The port in the node's kubeconfig. */
  readonly port: number;
  /** The loopback port on which the API server really listens. */
  readonly realPort: number;
  /** The loopback port of what stands for the kubelet; absent: nobody listens there. */
  readonly kubeletPort?: number;
}

const KUBELET_PORT = 10_250;

/** The names under which a node reaches its own servers, each leading to the one real listener. */
export function nodeAddresses({ nodeName, nodeAddress, port, realPort, kubeletPort }: NodeAddresses): AddressBook {
  const node = new Set(['127.0.0.1', '::1', 'localhost', nodeName, nodeName.split('.')[0], nodeAddress]);
  const service = new Set(['10.96.0.1', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc']);
  return (host, asked) => {
    if (node.has(host) && (asked === port || asked === realPort)) return realPort;
    if (node.has(host) && asked === KUBELET_PORT) return kubeletPort;
    return service.has(host) && asked === 443 ? realPort : undefined;
  };
}
