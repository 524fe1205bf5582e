import type { KubeObject } from '../../../api/objects.ts';
import { resourceOf } from './kinds.ts';

/** What is to be installed, and under what name of its own. */
export interface InstallTarget {
  readonly id: string;
  readonly registry: string;
  readonly tag: string;
  readonly namespace: string;
  readonly image: string;
}

/** What the KubeVirt CR says of where it is going. */
export function targetStatus(target: InstallTarget): Readonly<Record<string, unknown>> {
  return {
    targetKubeVirtVersion: target.tag,
    targetKubeVirtRegistry: target.registry,
    targetDeploymentID: target.id,
    targetDeploymentConfig: configText(target),
  };
}

/** What the KubeVirt CR says once it has arrived there. */
export function observedStatus(
  target: InstallTarget,
  objects: readonly KubeObject[],
): Readonly<Record<string, unknown>> {
  return {
    observedKubeVirtVersion: target.tag,
    observedKubeVirtRegistry: target.registry,
    observedDeploymentID: target.id,
    observedDeploymentConfig: configText(target),
    outdatedVirtualMachineInstanceWorkloads: 0,
    defaultArchitecture: 'amd64',
    generations: generations(objects),
  };
}

function configText({ id, namespace, registry, tag, image }: InstallTarget): string {
  return JSON.stringify({
    id,
    namespace,
    registry,
    kubeVirtVersion: tag,
    virtOperatorImage: image,
    additionalProperties: {},
  });
}

function generations(objects: readonly KubeObject[]): readonly unknown[] {
  const groups: Readonly<Record<string, string>> = {
    CustomResourceDefinition: 'apiextensions.k8s.io/v1',
    ValidatingWebhookConfiguration: 'admissionregistration.k8s.io',
    MutatingWebhookConfiguration: 'admissionregistration.k8s.io',
    Deployment: 'apps',
    DaemonSet: 'apps',
  };
  return objects
    .filter(({ kind }) => kind in groups)
    .map((object) => ({
      group: groups[object.kind],
      resource: resourceOf(object).plural,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      name: object.metadata.name,
      lastGeneration: 1,
    }));
}
