import type { Component } from '../../component.ts';
import type { Loose } from '../../kinds.ts';
import type { ProgramContext } from '../../kubelet/program.ts';
import { pathTo, RESOURCES } from '../../resources.ts';

/** What is being installed: names the install strategy. */
export interface Target {
  readonly namespace: string;
  readonly id: string;
  readonly registry: string;
  readonly tag: string;
  /** The operator's own image. */
  readonly image: string;
}

const STRATEGY = 'kubevirt.io/install-strategy';

/** The ConfigMap that an install-strategy Job leaves behind. */
export function operatorRules({ env, clock }: ProgramContext, namespace: string) {
  const id = env.KUBEVIRT_DEPLOYMENT_ID ?? '';
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      generateName: 'kubevirt-install-strategy-',
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'virt-operator', [STRATEGY]: '' },
      annotations: {
        'kubevirt.io/install-strategy-version': env.KUBEVIRT_TARGET_VERSION ?? '',
        'kubevirt.io/install-strategy-registry': env.KUBEVIRT_TARGET_REGISTRY ?? '',
        'kubevirt.io/install-strategy-identifier': id,
        'kubevirt.io/install-strategy-cm-encoding': 'base64+gzip',
      },
    },
    data: { manifests: Buffer.from(`${id} ${clock.now().toISOString()}`).toString('base64') },
  };
}

/** Sees to the strategy of this target: starts the Job that writes it, and settles true once it is there. */
export async function haveStrategy({ rest }: Component, target: Target): Promise<boolean> {
  const { namespace, id } = target;
  const maps = await rest.list<Loose>(`${pathTo(RESOURCES.configMaps, namespace)}?labelSelector=${STRATEGY}`);
  const done = maps.items.some((map) => map.metadata.annotations?.['kubevirt.io/install-strategy-identifier'] === id);
  const jobs = await rest.list<Loose>(`${pathTo(RESOURCES.jobs, namespace)}?labelSelector=${STRATEGY}`);
  const mine = jobs.items.find((job) => job.metadata.annotations?.['kubevirt.io/install-strategy-identifier'] === id);
  if (done) {
    if (mine !== undefined && mine.metadata.deletionTimestamp === undefined)
      await rest.remove(pathTo(RESOURCES.jobs, namespace, mine.metadata.name), { propagationPolicy: 'Background' });
    return true;
  }
  if (mine === undefined) await rest.create(pathTo(RESOURCES.jobs, namespace), strategyJob(target));
  return false;
}

/** Removes all strategies, and Jobs that still make some. */
export async function dropStrategies({ rest }: Component, namespace: string): Promise<void> {
  for (const resource of [RESOURCES.configMaps, RESOURCES.jobs]) {
    const { items } = await rest.list<Loose>(`${pathTo(resource, namespace)}?labelSelector=${STRATEGY}`);
    for (const item of items)
      await rest.remove(pathTo(resource, namespace, item.metadata.name), { propagationPolicy: 'Background' });
  }
}

function strategyJob({ namespace, id, registry, tag, image }: Target) {
  const annotations = {
    'kubevirt.io/install-strategy-version': tag,
    'kubevirt.io/install-strategy-registry': registry,
    'kubevirt.io/install-strategy-identifier': id,
  };
  const labels = { 'app.kubernetes.io/managed-by': 'virt-operator', [STRATEGY]: '' };
  const env = [
    { name: 'VIRT_OPERATOR_IMAGE', value: image },
    { name: 'KUBEVIRT_TARGET_VERSION', value: tag },
    { name: 'KUBEVIRT_TARGET_REGISTRY', value: registry },
    { name: 'KUBEVIRT_DEPLOYMENT_ID', value: id },
  ];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { generateName: `kubevirt-${id.slice(0, 20)}-job`, namespace, labels, annotations },
    spec: {
      template: {
        metadata: { labels: { 'kubevirt.io': 'virt-operator-strategy-dumper' } },
        spec: {
          serviceAccountName: 'kubevirt-operator',
          restartPolicy: 'Never',
          containers: [
            { name: 'install-strategy-upload', image, command: ['virt-operator', '--dump-install-strategy'], env },
          ],
        },
      },
    },
  };
}
