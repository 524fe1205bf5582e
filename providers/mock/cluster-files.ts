import { join } from 'node:path';
import type { RunKeys } from './keys.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { writeMirror } from './kubevirt/manifest.ts';
import type { KubevirtVersion } from './kubevirt/version.ts';
import { KNOWN_VERSIONS } from './kubevirt/versions.ts';
import { NODE_ADDRESS, NODE_API_PORT } from './node-address.ts';
import type { RunFolder } from './run-folder.ts';

/** How the cluster is reached, as files. */
export interface ClusterFiles {
  readonly kubeconfig: string;
  readonly nodeKubeconfig: string;
  readonly nodeKubeconfigText: string;
  readonly mirror: string;
}

interface ClusterFilesNeeds {
  readonly folder: RunFolder;
  readonly keys: RunKeys;
  /** Undefined: the administrator's certificate proves who comes. */
  readonly token: string | undefined;
  readonly apiPort: number;
  readonly kubevirt: KubevirtVersion | undefined;
}

/** Writes the kubeconfigs of this side and of the node, and the mirror of manifests. */
export async function writeClusterFiles({
  folder,
  keys,
  token,
  apiPort,
  kubevirt,
}: ClusterFilesNeeds): Promise<ClusterFiles> {
  const configFor = (server: string) => kubeconfigText(server, keys.clusterCa.certificate, token ?? keys.admin);
  const nodeKubeconfigText = configFor(`https://${NODE_ADDRESS}:${NODE_API_PORT}`);
  const mirror = join(folder.path, 'kubevirt');
  const asked = KNOWN_VERSIONS.some(({ text }) => text === kubevirt?.text) ? [] : [kubevirt];
  await writeMirror(mirror, [...KNOWN_VERSIONS, ...asked.filter((version) => version !== undefined)]);
  return {
    kubeconfig: await folder.write('kubeconfig', configFor(`https://127.0.0.1:${apiPort}`)),
    nodeKubeconfig: await folder.write('node-kubeconfig', nodeKubeconfigText),
    nodeKubeconfigText,
    mirror,
  };
}
