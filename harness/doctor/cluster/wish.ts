import type { RunConfig } from '../../config/run-config.ts';
import { guestDisk } from '../../kubevirt/guest-disk.ts';
import { shownUrl } from '../../kubevirt/source/shown-url.ts';
import { parseKubevirtVersion } from '../../kubevirt/versions.ts';
import type { Host } from '../../model/host.ts';
import type { ClusterWish } from './readings.ts';

const KUBEVIRT_IMAGES = 'quay.io/kubevirt';

/** What a run with these settings is going to do in the cluster. */
export function clusterWish(config: RunConfig, host: Pick<Host, 'node'>, runId: string): ClusterWish {
  const { choice, upgradeFrom, imageRegistry, imageTag, imagePullPolicy } = config.kubevirt;
  const kubevirt = choice.kind === 'version' ? parseKubevirtVersion(choice.version) : undefined;
  const reports = kubevirt === undefined ? undefined : (imageTag ?? kubevirt.text);
  const operator = reports === undefined ? [] : [`${imageRegistry ?? KUBEVIRT_IMAGES}/virt-operator:${reports}`];
  const disk =
    reports === undefined ? undefined : guestDisk({ reports, registry: imageRegistry, wanted: imageRegistry });
  const guest = config.guest.image ?? disk;
  return {
    kubevirt,
    build: buildOf(config),
    reports,
    upgradeFrom: upgradeFrom?.kind === 'version' ? parseKubevirtVersion(upgradeFrom.version) : undefined,
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

/** As the user named it; undefined for a release or for the one that is there. */
function buildOf({ kubevirt: { choice } }: RunConfig): string | undefined {
  if (choice.kind === 'path') return choice.path;
  if (choice.kind === 'url') return shownUrl(choice.url);
  return choice.kind === 'stable' ? 'the stable release' : undefined;
}
