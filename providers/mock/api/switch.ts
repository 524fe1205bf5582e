import type { Backend, Kubelet, NetworkSwitch } from './backends.ts';

/** A switchboard between the API server and whoever listens on the simulated cluster network. */
export function networkSwitch(): NetworkSwitch {
  const services = new Map<string, Backend>();
  const kubelets = new Map<string, Kubelet>();
  return {
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    kubelet: (nodeName) => kubelets.get(nodeName),
    listenService: (namespace, name, backend) => listen(services, `${namespace}/${name}`, backend),
    listenKubelet: (nodeName, kubelet) => listen(kubelets, nodeName, kubelet),
  };
}

// Stopping is by identity: a late stop of an old listener must not silence its successor.
function listen<T>(table: Map<string, T>, address: string, listener: T): () => void {
  table.set(address, listener);
  return () => {
    if (table.get(address) === listener) table.delete(address);
  };
}
