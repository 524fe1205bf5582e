import { migrationStatus } from '../../../kubevirt/conditions.ts';
import type { KubevirtConfig } from '../../../kubevirt/config.ts';
import { launcherCluster } from '../../../kubevirt/launcher/cluster.ts';
import { askedEncryption } from '../../../kubevirt/launcher/live-domain-xml.ts';
import { atLeast, type KubevirtVersion } from '../../../kubevirt/version.ts';
import { same } from '../../canonical.ts';
import { type Component, grace, trigger } from '../../component.ts';
import { type Condition, keyOf } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { type Domain, type Launcher, LaunchRefusal } from '../launcher/launcher.ts';
import { dropCondition, inPhase, isFinal, setCondition, type VmiObject } from '../vmi.ts';
import type { Wiring } from '../wiring.ts';
import { runningStatus } from './guest-status.ts';

export interface GuestControl {
  readonly wiring: Wiring;
  readonly nodeName: string;
  readonly version: KubevirtVersion;
  /** libvirt's name of the host's CPU model. */
  readonly hostModel: string;
  config(): KubevirtConfig;
}

/** Takes over VMIs that are Scheduled on this node and follows their domains to the end. Returns how to find a guest's launcher. */
export function startGuests(component: Component, control: GuestControl): (vmi: VmiObject) => Launcher | undefined {
  const { wiring, nodeName } = control;
  const selector = `labelSelector=kubevirt.io%2FnodeName%3D${nodeName}`;
  const vmis = component.informer<VmiObject>(`${pathTo(RESOURCES.vmis)}?${selector}`);
  const heard = new Set<Launcher>();
  /** What was said of a guest already, by its uid. */
  const said = new Map<string, Set<string>>();
  const loop = component.loop([vmis], (key) => sync(key), 16);
  trigger(vmis, loop);
  vmis.onChange(({ object, deleted }) => {
    if (deleted) said.delete(object.metadata.uid ?? '');
  });

  const launcherOf = (vmi: VmiObject) =>
    Object.keys(vmi.status?.activePods ?? {})
      .map((uid) => wiring.launchers.get(uid))
      .find((launcher) => launcher !== undefined);

  async function sync(key: string): Promise<void> {
    const vmi = vmis.get(key);
    if (vmi === undefined || isFinal(vmi)) return;
    const launcher = launcherOf(vmi) ?? (await reach(vmi));
    if (launcher === undefined) return;
    if (!heard.has(launcher)) {
      heard.add(launcher);
      launcher.onChange(() => loop.add(key));
    }
    if (vmi.metadata.deletionTimestamp !== undefined) shutDown(vmi, launcher);
    else if (launcher.domain() === undefined && vmi.status?.phase === 'Scheduled') await launch(vmi, launcher);
    const domain = launcher.domain();
    if (domain !== undefined) await follow(vmis.get(key) ?? vmi, domain, launcher.podIP);
    else if (vmi.metadata.deletionTimestamp !== undefined)
      await update(vmi, inPhase(vmi, 'Succeeded', component.now()));
  }

  async function reach(vmi: VmiObject): Promise<Launcher | undefined> {
    const [uid] = Object.entries(vmi.status?.activePods ?? {}).find(([, node]) => node === nodeName) ?? [];
    if (uid === undefined || vmi.metadata.deletionTimestamp !== undefined) return undefined;
    return await wiring.launchers.reach(uid, component.signal);
  }

  async function launch(vmi: VmiObject, launcher: Launcher): Promise<void> {
    const asked = askedEncryption(vmi, launcherCluster(control.config()));
    if (component.director.guest(asked).stuckIn === 'Scheduled' || awaitsAttestation(vmi)) return;
    try {
      await launcher.syncVmi(vmi);
    } catch (error) {
      if (!(error instanceof LaunchRefusal)) throw error;
      const { message } = error;
      void component.events.say(vmi, 'Warning', 'SyncFailed', message);
      const reason = 'Synchronizing with the Domain failed.';
      const condition: Condition = { type: 'Synchronized', status: 'False', reason, message };
      await update(vmi, withConditions(vmi, setCondition(vmi.status?.conditions, condition, component.now())));
      loop.addAfter(keyOf(vmi), 5000);
    }
  }

  function shutDown(vmi: VmiObject, launcher: Launcher): void {
    const domain = launcher.domain();
    if (domain === undefined || domain.ended !== undefined) return;
    const seconds = vmi.spec.terminationGracePeriodSeconds ?? 30;
    if (seconds === 0 || domain.state === 'paused') {
      say(vmi, 'Deleted', 'Signaled Deletion');
      launcher.destroy();
    } else if (say(vmi, 'ShuttingDown', 'Signaled Graceful Shutdown')) {
      launcher.shutdown();
      component.tasks.run(async () => {
        await grace(component.clock, seconds, component.signal);
        launcher.destroy();
      });
    }
  }

  /** Says something of a guest the first time only; false: it was said before. */
  function say(vmi: VmiObject, reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): boolean {
    const uid = vmi.metadata.uid ?? '';
    const all = said.get(uid) ?? new Set<string>();
    said.set(uid, all);
    if (all.has(reason)) return false;
    all.add(reason);
    void component.events.say(vmi, type, reason, message);
    return true;
  }

  async function follow(vmi: VmiObject, domain: Domain, podIP: string): Promise<void> {
    const now = component.now();
    if (domain.ended !== undefined) {
      say(vmi, 'Stopped', 'The VirtualMachineInstance was shut down.');
      const unpaused = withConditions(vmi, dropCondition(vmi.status?.conditions, 'Paused'));
      // Who had to be killed after the button was pressed did not end well.
      const killed = domain.ended === 'destroyed' && (said.get(vmi.metadata.uid ?? '')?.has('ShuttingDown') ?? false);
      return await update(vmi, inPhase(unpaused, killed ? 'Failed' : 'Succeeded', now));
    }
    const cluster = launcherCluster(control.config());
    const migration = migrationStatus(vmi, { cluster, nodeName, hostModel: control.hostModel });
    let fresh = vmi;
    if (vmi.status?.phase === 'Scheduled') {
      say(vmi, 'Created', 'VirtualMachineInstance defined.');
      say(vmi, 'Started', 'VirtualMachineInstance started.');
      fresh = inPhase(runningStatus(vmi, domain, { migrationMethod: migration.method, podIP }), 'Running', now);
      fresh = withConditions(fresh, dropCondition(fresh.status?.conditions, 'Synchronized'));
    }
    if (migration.warning !== undefined) say(vmi, 'Migrated', migration.warning, 'Warning');
    const told = atLeast(control.version, 'v1.4')
      ? [migration.liveMigratable, migration.storageLiveMigratable]
      : [migration.liveMigratable];
    for (const condition of told)
      fresh = withConditions(fresh, setCondition(fresh.status?.conditions, condition as Condition, now));
    await update(vmi, pausedOrNot(fresh, domain, now));
  }

  function pausedOrNot(vmi: VmiObject, domain: Domain, now: string): VmiObject {
    const conditions = vmi.status?.conditions;
    const paused = conditions?.some(({ type }) => type === 'Paused') ?? false;
    if (domain.state === 'paused' && !paused) {
      say(vmi, 'Paused', 'VMI paused');
      const told = { reason: 'PausedByUser', message: 'VMI was paused by user' };
      return withConditions(
        vmi,
        setCondition(conditions, { type: 'Paused', status: 'True', ...told, lastProbeTime: now }, now),
      );
    }
    if (domain.state !== 'paused' && paused) {
      said.get(vmi.metadata.uid ?? '')?.delete('Paused');
      void component.events.say(vmi, 'Normal', 'Unpaused', 'VMI unpaused');
      return withConditions(vmi, dropCondition(conditions, 'Paused'));
    }
    return vmi;
  }

  async function update(vmi: VmiObject, fresh: VmiObject): Promise<void> {
    if (same(vmi, fresh)) return;
    const path = pathTo(RESOURCES.vmis, vmi.metadata.namespace, vmi.metadata.name);
    vmis.observe(await component.rest.replace<VmiObject>(path, fresh));
  }

  return launcherOf;
}

/** Until session and certificate are there, a guest that asked for attestation waits. */
function awaitsAttestation({ spec }: VmiObject): boolean {
  const { sev } = spec.domain.launchSecurity ?? {};
  if (sev?.attestation === undefined || sev.attestation === null) return false;
  return sev.session === undefined || sev.dhCert === undefined;
}

function withConditions(vmi: VmiObject, conditions: readonly Condition[] | undefined): VmiObject {
  return { ...vmi, status: { ...vmi.status, ...(conditions && { conditions }) } };
}
