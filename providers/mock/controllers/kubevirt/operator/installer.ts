import type { KubeObject } from '../../../api/objects.ts';
import { deploymentId, type InstallOptions, installObjects } from '../../../kubevirt/install/install-objects.ts';
import type { KubevirtVersion } from '../../../kubevirt/version.ts';
import { KNOWN_VERSIONS, kubevirtVersion, traitsOf } from '../../../kubevirt/versions.ts';
import type { Component } from '../../component.ts';
import { trigger } from '../../component.ts';
import { type Condition, hasCondition, keyOf, type Loose, type Workload } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { Refusal } from '../../rest.ts';
import { Applied } from './applied.ts';
import { pathOf } from './kinds.ts';
import { obsoleteObjects, rolloutSteps } from './rollout.ts';
import { conditionsOf, type Situation } from './status.ts';
import { haveStrategy } from './strategy.ts';
import { observedStatus, targetStatus } from './target-status.ts';
import { uninstall } from './uninstaller.ts';

export interface Installation {
  readonly namespace: string;
  readonly version: KubevirtVersion;
  readonly registry: string;
  readonly tag: string;
  readonly image: string;
}

/** Carries every KubeVirt CR of the namespace to where its spec wants it. */
export function startInstaller(component: Component, installation: Installation): void {
  const { namespace, version } = installation;
  const crs = component.informer<Loose>(pathTo(RESOURCES.kubeVirts));
  const deployments = component.informer<Workload>(pathTo(RESOURCES.deployments, namespace));
  const daemonSets = component.informer<Workload>(pathTo(RESOURCES.daemonSets, namespace));
  const crds = component.informer<Loose>(pathTo(RESOURCES.crds));
  const applied = new Applied(component.rest, (object) =>
    object.kind === 'Deployment' ? deployments : object.kind === 'DaemonSet' ? daemonSets : undefined,
  );
  const loop = component.loop(
    [crs, deployments, daemonSets, crds],
    async (key) => {
      const cr = crs.get(key);
      if (cr === undefined) return;
      if (cr.metadata.deletionTimestamp !== undefined) {
        applied.clear();
        await uninstall(component, {
          definition: (name) => crds.get(name),
          cr,
          objects: objectsFor(cr),
          version,
          report: (situation) => report(cr, situation),
        });
        return;
      }
      const first = [...crs.list()].sort((a, b) => ageOf(a) - ageOf(b))[0];
      if (first !== undefined && first.metadata.uid !== cr.metadata.uid) return await refuseSecond(cr);
      await install(cr);
    },
    1,
  );
  // What the operator itself writes into the status is no reason to look again.
  trigger(crs, loop, (cr, old) => (isNews(cr, old) ? [keyOf(cr)] : []));
  const all = () => crs.list().map(keyOf);
  trigger(deployments, loop, all);
  trigger(daemonSets, loop, all);
  trigger(crds, loop, all);

  /** The installation beside which nothing obsolete is left. */
  let cleaned: string | undefined;
  const optionsOf = (cr: KubeObject): InstallOptions => ({
    ...{ namespace, registry: specOf(cr, 'imageRegistry') ?? installation.registry },
    tag: specOf(cr, 'imageTag') ?? installation.tag,
    certificate: () => ({ 'tls.crt': '', 'tls.key': '' }),
  });
  function objectsFor(cr: KubeObject): readonly KubeObject[] {
    return installObjects(version, cr, optionsOf(cr));
  }

  async function install(cr: Loose): Promise<void> {
    const options = optionsOf(cr);
    const id = deploymentId(version, cr, options);
    const target = { ...installation, ...options, id };
    const was = cr.status?.observedDeploymentID;
    const done = was === id && cr.status?.phase === 'Deployed';
    const situation: Situation =
      was === undefined || was === id
        ? { is: 'deploying', version: options.tag, registry: options.registry }
        : {
            is: 'updating',
            from: String(cr.status?.observedKubeVirtVersion),
            to: options.tag,
            registry: options.registry,
          };
    const failed = cr.status?.conditions?.some(({ reason }) => reason === 'DeploymentFailed') ?? false;
    if (!done && !failed) await report(cr, situation, targetStatus(target));
    if (!(await haveStrategy(component, target))) return loop.addAfter(keyOf(cr), 500);
    await hold(cr);
    try {
      if (!(await applyAll(objectsFor(cr), observedOf(cr)))) return;
      await removeObsolete(cr, id);
    } catch (error) {
      if (error instanceof Refusal && error.status !== 409) await report(cr, { is: 'failed', error: error.message });
      throw error;
    }
    const outdated = await outdatedWorkloads(component, options);
    await report(
      cr,
      { is: 'deployed' },
      {
        ...targetStatus(target),
        ...observedStatus(target, objectsFor(cr)),
        outdatedVirtualMachineInstanceWorkloads: outdated,
      },
    );
    component.director.happened('kubevirt Deployed');
  }

  /** Applies in order; false: something has to become ready first, and its change calls again. */
  async function applyAll(objects: readonly KubeObject[], observed: KubevirtVersion | undefined): Promise<boolean> {
    const workloads = objects.filter(
      ({ kind }) => kind === 'Deployment' || kind === 'DaemonSet' || kind === 'PodDisruptionBudget',
    );
    for (const object of objects.filter((each) => !workloads.includes(each))) await applied.apply(object);
    const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    if (
      !definitions.every(({ metadata }) =>
        hasCondition(crds.get(metadata.name ?? '')?.status?.conditions, 'Established'),
      )
    )
      return false;
    for (const step of rolloutSteps(version, observed)) {
      const mine = workloads.filter(({ metadata }) => step.some((name) => metadata.name?.startsWith(name)));
      for (const object of mine) await applied.apply(object);
      if (!mine.every((object) => object.kind === 'PodDisruptionBudget' || isRolledOut(object))) return false;
    }
    return true;
  }

  /** Whatever another version has installed here, wholly or in part, and this one does not know. */
  async function removeObsolete(cr: Loose, id: string): Promise<void> {
    if (observedOf(cr) === undefined || cleaned === id) return;
    const own = objectsFor(cr);
    for (const other of KNOWN_VERSIONS.filter(({ text }) => text !== version.text)) {
      const theirs = installObjects(other, cr, { ...optionsOf(cr), tag: other.text });
      for (const object of obsoleteObjects(theirs, own))
        await component.rest.remove(pathOf(object), { propagationPolicy: 'Background' });
    }
    cleaned = id;
  }

  function isRolledOut(object: KubeObject): boolean {
    const live = (object.kind === 'Deployment' ? deployments : daemonSets).get(keyOf(object));
    if (live?.status === undefined || live.status.observedGeneration !== live.metadata.generation) return false;
    const { status } = live;
    if (object.kind === 'DaemonSet')
      return (
        Number(status.desiredNumberScheduled ?? 0) > 0 &&
        status.numberReady === status.desiredNumberScheduled &&
        status.updatedNumberScheduled === status.desiredNumberScheduled
      );
    const wanted = live.spec.replicas ?? 1;
    return status.readyReplicas === wanted && status.updatedReplicas === wanted && status.replicas === wanted;
  }

  async function hold(cr: Loose): Promise<void> {
    const { kubevirtFinalizer } = traitsOf(version);
    const present = cr.metadata.finalizers ?? [];
    if (present.includes(kubevirtFinalizer)) return;
    // A release knows the finalizer of the one before, but not of a later one: that stays after a downgrade.
    const finalizers = present.filter((each) => !isEarlierFinalizer(each, version));
    const path = pathTo(RESOURCES.kubeVirts, cr.metadata.namespace, cr.metadata.name);
    crs.observe(
      await component.rest.patch<Loose>(path, 'merge', {
        metadata: { finalizers: [...finalizers, kubevirtFinalizer] },
      }),
    );
  }

  async function report(cr: Loose, situation: Situation, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const before = (crs.get(keyOf(cr)) ?? cr).status ?? {};
    const phase = {
      deploying: 'Deploying',
      updating: 'Deploying',
      deployed: 'Deployed',
      failed: 'Deploying',
      deleting: 'Deleting',
    }[situation.is];
    const fields = {
      // By git, not by the tag of its image.
      operatorVersion: version.text,
      ...more,
      phase,
      conditions: conditionsOf(situation, (before.conditions ?? []) as readonly Condition[], component.now()),
      ...(situation.is === 'deployed' ? { observedGeneration: cr.metadata.generation } : {}),
    };
    if (Object.entries(fields).every(([key, value]) => JSON.stringify(before[key]) === JSON.stringify(value))) return;
    const path = pathTo(RESOURCES.kubeVirts, cr.metadata.namespace, cr.metadata.name, 'status');
    crs.observe(await component.rest.patch<Loose>(path, 'merge', { status: fields }));
  }

  async function refuseSecond(cr: Loose): Promise<void> {
    if (cr.status?.conditions?.some(({ type }) => type === 'Synchronized')) return;
    const now = component.now();
    const condition = {
      type: 'Synchronized',
      status: 'False',
      reason: 'ExistingDeployment',
      message: 'There is an active KubeVirt deployment',
      ...{ lastProbeTime: now, lastTransitionTime: now },
    };
    const path = pathTo(RESOURCES.kubeVirts, cr.metadata.namespace, cr.metadata.name, 'status');
    await component.rest.patch(path, 'merge', { status: { conditions: [condition] } });
  }
}

function isEarlierFinalizer(finalizer: string, version: KubevirtVersion): boolean {
  return KNOWN_VERSIONS.some(
    (known) =>
      known.minor < version.minor &&
      traitsOf(known).kubevirtFinalizer === finalizer &&
      finalizer !== traitsOf(version).kubevirtFinalizer,
  );
}

function isNews(cr: Loose, old: Loose | undefined): boolean {
  if (old === undefined || cr.metadata.generation !== old.metadata.generation) return true;
  return cr.metadata.deletionTimestamp !== old.metadata.deletionTimestamp;
}

function specOf(cr: KubeObject, field: string): string | undefined {
  const value = (cr.spec as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The release that was rolled out last. */
function observedOf(cr: Loose): KubevirtVersion | undefined {
  return kubevirtVersion(String(cr.status?.observedKubeVirtVersion ?? ''));
}

/** Guests that still run in launchers of another version: they keep them until they are migrated or end. */
async function outdatedWorkloads({ rest }: Component, { registry, tag }: InstallOptions): Promise<number> {
  const { items } = await rest.list<Loose>('/apis/kubevirt.io/v1/virtualmachineinstances');
  const current = `${registry}/virt-launcher:${tag}`;
  const isRunning = ({ status }: Loose) => status?.phase === 'Running' || status?.phase === 'Scheduled';
  const images = items.filter(isRunning).map(({ status }) => status?.launcherContainerImageVersion);
  return images.filter((image) => image !== undefined && image !== current).length;
}

function ageOf(cr: Loose): number {
  return Number(Date.parse(cr.metadata.creationTimestamp ?? '')) + (cr.status?.phase === undefined ? 1 : 0);
}
