import type { Json, KubevirtConfig } from '../../config.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import type { Volume } from '../../model/volumes.ts';
import { atLeast } from '../../version.ts';
import { type Cause, invalid } from '../causes.ts';

/* Rules on the other devices. Source: vmi-create-admitter.go. Paths without `domain.devices` are KubeVirt's own. */

/** Inputs are tablets on virtio or USB. */
export function* inputs(spec: VmiSpec, path: string): Iterable<Cause> {
  for (const [index, { bus = '', type }] of (spec.domain.devices.inputs ?? []).entries()) {
    const field = `${path}.domain.devices.inputs[${index}]`;
    if (!['virtio', 'usb', ''].includes(bus)) {
      yield invalid(`${field}.bus`, 'Input device can have only virtio or usb bus.');
    }
    if (type !== 'tablet') yield invalid(`${field}.type`, 'Input device can have only tablet type.');
  }
}

/** IO threads follow a known policy. */
export function* ioThreads(spec: VmiSpec, path: string): Iterable<Cause> {
  const policy = spec.domain.ioThreadsPolicy;
  if (policy === undefined) return;
  if (!['shared', 'auto', 'supplementalPool'].includes(policy)) {
    yield invalid(`${path}.domain.ioThreadsPolicy`, `Invalid IOThreadsPolicy (${policy})`);
  }
  if (policy === 'supplementalPool' && (spec.domain.ioThreads?.supplementalPoolThreadCount ?? 0) < 1) {
    const message = 'the number of iothreads needs to be set and positive for the dedicated policy';
    yield invalid(`${path}.domain.ioThreads.count`, message);
  }
}

/** At most one GPU shows the firmware's picture. */
export function* oneRamFb(spec: VmiSpec, path: string): Iterable<Cause> {
  const shown = (spec.domain.devices.gpus ?? []).filter(({ virtualGPUOptions }) => {
    const display = virtualGPUOptions?.display;
    if (display === undefined || display.enabled === false) return false;
    return display.ramFB === undefined || display.ramFB.enabled === true;
  });
  if (shown.length > 1) yield invalid(`${path}.GPUs`, 'configuring multiple displays with ramfb is not valid ');
}

/** Host devices need their gate. */
export function* hostDevices(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  if (spec.domain.devices.hostDevices === undefined || config.gateEnabled('HostDevices')) return;
  yield invalid(`${path}.HostDevices`, 'Host Devices feature gate is not enabled in kubevirt-config');
}

/** A sound card is named and of a known model. */
export function* sound(spec: VmiSpec, path: string): Iterable<Cause> {
  const card = spec.domain.devices.sound;
  if (card === undefined) return;
  if (!['', 'ich9', 'ac97'].includes(card.model ?? '')) {
    yield invalid(`${path}.Sound`, "Sound device type is not supported. Options: 'ich9' or 'ac97'");
  }
  if (!card.name) yield invalid(`${path}.Sound`, 'Sound device requires a name field.');
}

/** A vsock needs its gate. */
export function* vsock(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  if (spec.domain.devices.autoattachVSOCK !== true || config.gateEnabled('VSOCK')) return;
  yield invalid(`${path}.domain.devices.autoattachVSOCK`, 'VSOCK feature gate is not enabled in kubevirt-config');
}

/** SCSI reservations need their gate. */
export function* persistentReservation(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const wanted = (spec.domain.devices.disks ?? []).some(({ lun }) => lun?.reservation === true);
  if (!wanted || config.gateEnabled('PersistentReservation')) return;
  const message = atLeast(config.version, 'v1.9')
    ? 'persistent reservation is not enabled in kubevirt config'
    : 'PersistentReservation feature gate is not enabled in kubevirt-config';
  yield invalid(`${path}.domain.devices.disks.luns.reservation`, message);
}

/** The metrics device needs its gate. */
export function* downwardMetrics(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  if (spec.domain.devices.downwardMetrics === undefined || config.gateEnabled('DownwardMetrics')) return;
  const message = 'downwardMetrics virtio serial is not allowed: DownwardMetrics feature gate is not enabled';
  yield invalid(`${path}.domain.devices.downwardMetrics`, message);
}

/** Shared filesystems need the gate of their kind of volume. */
export function* filesystems(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const anyKind = !atLeast(config.version, 'v1.8') && config.gateEnabled('ExperimentalVirtiofsSupport');
  for (const { name } of spec.domain.devices.filesystems ?? []) {
    const volume = volumes.get(name);
    if (volume === undefined || anyKind) continue;
    const field = `${path}.domain.devices.filesystems`;
    const [what, gate] = isConfiguration(volume)
      ? (['config volumes', 'EnableVirtioFsConfigVolumes'] as const)
      : (['PVC', 'EnableVirtioFsStorageVolumes'] as const);
    if (gate === 'EnableVirtioFsStorageVolumes' && !isStorage(volume)) continue;
    if (config.gateEnabled(gate)) continue;
    yield invalid(field, `virtiofs is not allowed: virtiofs feature gate is not enabled for ${what}`);
  }
}

/** A video card needs its gate, and graphics. */
export function* video(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const { video: card, autoattachGraphicsDevice } = spec.domain.devices;
  if (card === undefined) return;
  if (!config.gateEnabled('VideoConfig')) {
    yield invalid(`${path}.video`, 'Video configuration is specified but the VideoConfig feature gate is not enabled');
    return;
  }
  if (autoattachGraphicsDevice !== false) return;
  const message = 'Video configuration is not allowed when autoattachGraphicsDevice is set to false';
  yield invalid(`${path}.video`, message);
}

/** Panic devices need their gate, a known model and an architecture that has them. */
export function* panicDevices(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const devices = spec.domain.devices.panicDevices ?? [];
  if (devices.length === 0) return;
  const field = `${path}.domain.devices.panicDevices`;
  if (!config.gateEnabled('PanicDevices')) {
    yield invalid(field, 'Panic Devices feature gate is not enabled in kubevirt-config');
    return;
  }
  const cluster = (config.configuration.architectureConfiguration as Json).defaultArchitecture;
  const architecture = spec.architecture || String(cluster);
  if (architecture === 's390x') {
    yield invalid(field, `custom panic devices are not supported on ${architecture} architecture`);
  }
  for (const [index, { model }] of devices.entries()) {
    if (model === undefined || ['hyperv', 'isa', 'pvpanic'].includes(model)) continue;
    yield invalid(`${field}[${index}].model`, `invalid PanicDeviceModel(${model})`);
  }
}

/** A reboot policy needs its gate. */
export function* rebootPolicy(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  if (spec.domain.rebootPolicy === undefined || config.gateEnabled('RebootPolicy')) return;
  const message = 'RebootPolicy is specified but the RebootPolicy feature gate is not enabled';
  yield invalid(`${path}.domain.rebootPolicy`, message);
}

function isConfiguration({ configMap, secret, serviceAccount, downwardAPI }: Volume): boolean {
  return [configMap, secret, serviceAccount, downwardAPI].some((source) => source !== undefined);
}

function isStorage({ persistentVolumeClaim, dataVolume }: Volume): boolean {
  return persistentVolumeClaim !== undefined || dataVolume !== undefined;
}
