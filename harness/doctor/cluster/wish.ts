import type { RunConfig } from '../../config/run-config.ts';
import { parseKubevirtVersion } from '../../kubevirt/versions.ts';
import type { Host } from '../../model/host.ts';
import type { ClusterWish } from './readings.ts';

const KUBEVIRT_IMAGES = 'quay.io/kubevirt';

/** What a run with these settings is going to do in the cluster. */
export function clusterWish(config: RunConfig, host: Pick<Host, 'node'>, runId: string): ClusterWish {
  const { choice, imagePrefix = KUBEVIRT_IMAGES, imageTag, imagePullPolicy } = config.kubevirt;
  const kubevirt = choice.kind === 'version' ? parseKubevirtVersion(choice.version) : undefined;
  const operator = kubevirt === undefined ? [] : [`${imagePrefix}/virt-operator:${imageTag ?? kubevirt.text}`];
  const disk = kubevirt && `${KUBEVIRT_IMAGES}/fedora-with-test-tooling-container-disk:${kubevirt.text}`;
  const guest = config.guest.image ?? disk;
  return {
    kubevirt,
    kubernetes: config.kubernetes,
    require: config.tests.require,
    images: [...operator, ...(guest === undefined ? [] : [guest])],
    alwaysPulls: imagePullPolicy === 'Always',
    leaseNamespace: config.lease.namespace,
    runId,
    node: host.node,
    runMs: config.budgets.runMs,
  };
}
