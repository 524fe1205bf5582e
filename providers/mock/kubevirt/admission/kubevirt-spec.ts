import { isDeepStrictEqual } from 'node:util';
import { isJson } from '../../api/json.ts';
import { effectiveConfig, type Json } from '../config.ts';
import { gateMessage } from '../feature-gates.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import { type Cause, forbidden, invalid, notSupported } from './causes.ts';

/** What is wrong with a changed KubeVirt CR's spec, in KubeVirt's order. Source: kubevirt-update-admitter.go. */
export function* kubevirtCauses(spec: Json, old: Json, version: KubevirtVersion): Iterable<Cause> {
  const configuration = map(spec.configuration);
  const before = map(old.configuration);
  yield* patches(map(spec.customizeComponents));
  yield* certificates(map(map(spec.certificateRotateStrategy).selfSigned));
  yield* overheadRatio(configuration.additionalGuestMemoryOverheadRatio);
  if (atLeast(version, 'v1.8')) yield* contradictoryGates(map(configuration.developerConfiguration));
  if (!isDeepStrictEqual(configuration.tlsConfiguration, before.tlsConfiguration)) {
    yield* tls(map(configuration.tlsConfiguration));
  }
  if (!isDeepStrictEqual(configuration.seccompConfiguration, before.seccompConfiguration)) {
    yield* seccomp(configuration.seccompConfiguration);
  }
  if (map(spec.infra).replicas === 0) yield invalid('', "infra replica count can't be 0");
  if (atLeast(version, 'v1.9')) yield* gatedSettings(spec, old, version);
}

/** What a change of the CR is allowed with: notes on gates that are listed for nothing, and on old spellings. */
export function kubevirtWarnings(spec: Json, old: Json, version: KubevirtVersion): readonly string[] {
  const configuration = map(spec.configuration);
  const gates = names(map(configuration.developerConfiguration).featureGates);
  const before = map(map(old.configuration).developerConfiguration);
  const changed = !isDeepStrictEqual(gates, names(before.featureGates));
  const warnings = changed ? gates.flatMap((gate) => gateMessage(gate, version) ?? []) : [];
  const devices = map(configuration.mediatedDevicesConfiguration);
  const field = 'spec.configuration.mediatedDevicesConfiguration.mediatedDevicesTypes';
  if (devices.mediatedDevicesTypes !== undefined) warnings.push(`${field} is deprecated, use mediatedDeviceTypes`);
  if (atLeast(version, 'v1.7') && map(configuration.architectureConfiguration).ppc64le !== undefined) {
    warnings.push('spec.configuration.architectureConfiguration.ppc64le is deprecated and no longer supported.');
  }
  return warnings;
}

function* patches({ patches: list }: Json): Iterable<Cause> {
  for (const { patch } of (list ?? []) as readonly { patch: string }[]) {
    if (!isJson(patch)) yield notSupported('', `patch ${JSON.stringify(patch)} is not valid JSON`);
  }
}

/** Seconds that certificates live and are renewed before their end, unless the CR says otherwise. */
const LIFETIMES = {
  ca: { duration: 604_800, renewBefore: 120_960 },
  server: { duration: 86_400, renewBefore: 17_280 },
};

function* certificates(selfSigned: Json): Iterable<Cause> {
  if (Object.keys(selfSigned).length === 0) return;
  const older = ['caRotateInterval', 'certRotateInterval', 'caOverlapInterval'];
  const newer = selfSigned.ca !== undefined || selfSigned.server !== undefined;
  if (newer && older.some((field) => selfSigned[field] !== undefined)) {
    const conflict = 'are deprecated and conflict with CertConfig defined rotation parameters';
    yield notSupported('', `caRotateInterval, certRotateInterval and caOverlapInterval ${conflict}`);
  }
  const path = 'spec.certificateRotationStrategy.selfSigned';
  const time = (kind: 'ca' | 'server', field: 'duration' | 'renewBefore'): number =>
    seconds(map(selfSigned[kind])[field]) ?? LIFETIMES[kind][field];
  const caDuration = seconds(selfSigned.caRotateInterval) ?? time('ca', 'duration');
  const certDuration = seconds(selfSigned.certRotateInterval) ?? time('server', 'duration');
  if (caDuration < (seconds(selfSigned.caOverlapInterval) ?? time('ca', 'renewBefore'))) {
    yield invalid('', `CA RenewBefore cannot exceed Duration (${path}.ca.duration < ${path}.ca.renewBefore)`);
  }
  if (certDuration < time('server', 'renewBefore')) {
    yield invalid('', `Cert RenewBefore cannot exceed Duration (${path}.server.duration < ${path}.server.renewBefore)`);
  }
  if (certDuration > caDuration) {
    yield invalid('', `Certificate duration cannot exceed CA (${path}.server.duration > ${path}.ca.duration)`);
  }
}

function* overheadRatio(ratio: unknown): Iterable<Cause> {
  if (typeof ratio !== 'string') return;
  if (ratio === '' || Number.isNaN(Number(ratio))) {
    const why = `strconv.ParseFloat: parsing ${JSON.stringify(ratio)}: invalid syntax`;
    yield notSupported('', `ratio provided, ${ratio}, cannot be parsed into float: ${why}`);
  } else if (Number(ratio) < 1) yield notSupported('', `ratio provided, ${ratio}, cannot be smaller than 1.0`);
}

function* contradictoryGates({ featureGates, disabledFeatureGates }: Json): Iterable<Cause> {
  const disabled = names(disabledFeatureGates);
  for (const gate of names(featureGates)) {
    if (!disabled.includes(gate)) continue;
    const message = `feature gate "${gate}" exists on both "FeatureGates" and "DisabledFeatureGates"`;
    yield forbidden('spec.configuration.developerConfiguration.featureGates', message);
  }
}

function* tls({ minTLSVersion, ciphers }: Json): Iterable<Cause> {
  const listed = names(ciphers);
  const field = 'spec.configuration.tlsConfiguration.ciphers';
  if (minTLSVersion === undefined || minTLSVersion === '' || minTLSVersion === 'VersionTLS13') {
    const when = 'when spec.configuration.tlsConfiguration.minTLSVersion is empty or VersionTLS13';
    if (listed.length > 0) yield notSupported(field, `You cannot specify ciphers ${when}`);
    return;
  }
  for (const [index, cipher] of listed.entries()) {
    if (!/^TLS_[A-Z0-9_]+$/.test(cipher)) yield notSupported(`${field}#${index}`, `${cipher} is not a valid cipher`);
  }
}

function* seccomp(configuration: unknown): Iterable<Cause> {
  const profile = map(configuration).virtualMachineInstanceProfile;
  if (profile === undefined) return;
  const field = 'spec.configuration.seccompConfiguration.virtualMachineInstanceProfile.customProfile';
  const { customProfile } = map(profile);
  if (customProfile === undefined) {
    yield invalid(field, `${field} needs to be set`);
    return;
  }
  const { localhostProfile, runtimeDefaultProfile } = map(customProfile);
  if (localhostProfile === undefined || runtimeDefaultProfile !== true) return;
  const [local, runtime] = [`${field}.localhostProfile`, `${field}.runtimeDefaultProfile`];
  yield invalid(local, `${local} cannot be set when ${runtime} is set`);
  yield invalid(runtime, `${runtime} cannot be set when ${local} is set`);
}

/** Settings that need their gate in the same CR. */
function* gatedSettings(spec: Json, old: Json, version: KubevirtVersion): Iterable<Cause> {
  const configuration = map(spec.configuration);
  const { gateEnabled } = effectiveConfig(version, spec);
  if (map(configuration.virtTemplateDeployment).enabled === true && !gateEnabled('Template')) {
    const message = 'VirtTemplateDeployment cannot be enabled without enabling the Template feature gate';
    yield invalid('spec.configuration.virtTemplateDeployment.enabled', message);
  }
  if (configuration.roleAggregationStrategy === 'Manual' && !gateEnabled('OptOutRoleAggregation')) {
    const without = 'without enabling the OptOutRoleAggregation feature gate';
    const message = `RoleAggregationStrategy cannot be set to Manual ${without}`;
    yield invalid('spec.configuration.roleAggregationStrategy', message);
  }
  const downtime = map(configuration.migrations).maxDowntimeMs;
  const before = map(map(old.configuration).migrations).maxDowntimeMs;
  if (downtime === undefined || downtime === before || gateEnabled('MigrationStallDetection')) return;
  const message = 'maxDowntimeMs cannot be modified without enabling the MigrationStallDetection feature gate';
  yield invalid('spec.configuration.migrationConfiguration.maxDowntimeMs', message);
}

function map(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

/** Reads Go's durations, e.g. `24h`, `1h30m`. */
function seconds(duration: unknown): number | undefined {
  if (typeof duration !== 'string') return undefined;
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...duration.matchAll(/([\d.]+)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, amount = '0', unit = 's']) => sum + Number(amount) * (units[unit] ?? 1), 0);
}
