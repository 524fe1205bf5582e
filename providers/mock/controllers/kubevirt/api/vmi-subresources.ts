import { hasCondition } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import type { VmiObject } from '../vmi.ts';
import { badRequest, conflict, forbidden, type SubresourceRefusal } from './answers.ts';
import { type Answer, type Call, handlerOf, isDryRun, isPaused, isRunning, subjectOf, vmiOf } from './context.ts';

export type Handler = (call: Call) => Promise<Answer>;

/** GET handlers answer JSON, and 500 with plain text for every failed check. */
export const VMI_GETS: Readonly<Record<string, Handler>> = {
  guestosinfo: withAgent({}),
  userlist: withAgent({ items: [] }),
  filesystemlist: withAgent({ items: [] }),
  'sev/fetchcertchain': sev(async (call, vmi) => {
    if (vmi.status?.nodeName === undefined)
      throw conflict(subjectOf(call.request), 'VMI is not assigned to a node yet');
    mustAttest(call, vmi);
    return { code: 200, body: (await handlerOf(call.context, vmi)).certificateChain() };
  }),
  'sev/querylaunchmeasurement': sev(async (call, vmi) => {
    mustBePaused(call, vmi);
    return { code: 200, body: (await handlerOf(call.context, vmi)).launchMeasurement(vmi) };
  }),
};

/** PUT handlers answer without a body, and a Status for every failed check. */
export const VMI_PUTS: Readonly<Record<string, Handler>> = {
  pause: async (call) => {
    const vmi = await vmiOf(call);
    const subject = subjectOf(call.request);
    if (!isRunning(vmi)) throw conflict(subject, 'VM is not running');
    const probe = vmi.spec.livenessProbe as Readonly<Record<string, unknown>> | undefined;
    if (probe !== undefined && probe.guestAgentPing === undefined)
      throw forbidden(subject, 'Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported');
    if (isPaused(vmi)) throw conflict(subject, 'VMI is already paused');
    if (!isDryRun(call.body)) (await handlerOf(call.context, vmi)).pause(vmi);
    return { code: 200 };
  },
  unpause: async (call) => {
    const vmi = await vmiOf(call);
    const subject = subjectOf(call.request);
    if (!isRunning(vmi)) throw conflict(subject, 'VMI is not running');
    if (!isPaused(vmi)) throw conflict(subject, 'VMI is not paused');
    if (!isDryRun(call.body)) (await handlerOf(call.context, vmi)).unpause(vmi);
    return { code: 200 };
  },
  softreboot: async (call) => {
    const vmi = await vmiOf(call);
    const subject = subjectOf(call.request);
    if (!isRunning(vmi)) throw conflict(subject, 'VM is not running');
    if (isPaused(vmi)) throw conflict(subject, 'VMI is paused');
    const acpi = vmi.spec.domain.features?.acpi as { readonly enabled?: boolean } | undefined;
    if (!hasAgent(vmi) && acpi?.enabled === false)
      throw conflict(subject, 'VMI neither have the agent connected nor the ACPI feature enabled');
    (await handlerOf(call.context, vmi)).softReboot(vmi);
    return { code: 200 };
  },
  reset: async (call) => {
    const vmi = await vmiOf(call);
    if (!isRunning(vmi))
      throw conflict(subjectOf(call.request), `Failed to reset non-running VMI with phase ${vmi.status?.phase}: `);
    (await handlerOf(call.context, vmi)).softReboot(vmi);
    return { code: 200 };
  },
  freeze: needsAgent,
  unfreeze: needsAgent,
  'sev/setupsession': sev(async (call, vmi) => {
    const subject = subjectOf(call.request);
    if (call.body === undefined) throw badRequest('Request with no body: SEV session parameters are required');
    const { session, dhCert } = call.body;
    if (typeof session !== 'string' || session === '') throw badRequest('Session blob is required');
    if (typeof dhCert !== 'string' || dhCert === '') throw badRequest('DH cert is required');
    if (vmi.status?.phase !== 'Scheduled') throw conflict(subject, 'VMI is not in Scheduled phase');
    mustAttest(call, vmi);
    const known = vmi.spec.domain.launchSecurity?.sev;
    if (known?.session !== undefined || known?.dhCert !== undefined) throw conflict(subject, 'Session already defined');
    const path = '/spec/domain/launchSecurity/sev';
    await call.context.component.rest.patch(pathTo(RESOURCES.vmis, call.request.namespace, call.request.name), 'json', [
      { op: 'test', path, value: known },
      { op: 'replace', path, value: { ...known, session, dhCert } },
    ]);
    return { code: 202 };
  }),
  'sev/injectlaunchsecret': sev(async (call, vmi) => {
    if (call.body === undefined) throw badRequest('Request with no body: SEV secret parameters are required');
    mustBePaused(call, vmi);
    (await handlerOf(call.context, vmi)).injectLaunchSecret(vmi, call.body);
    return { code: 200 };
  }),
};

/** Why no console can be had; undefined: it can. */
export function consoleRefusal(call: Call, vmi: VmiObject): SubresourceRefusal | undefined {
  if (vmi.spec.domain.devices.autoattachSerialConsole === false) return badRequest('No serial consoles are present.');
  if (vmi.status?.phase === 'Failed') return conflict(subjectOf(call.request), 'VMI is in failed status');
  return isRunning(vmi) ? undefined : badRequest('VMI is not running');
}

/** Why no screen can be had; undefined: it can. */
export function vncRefusal(call: Call, vmi: VmiObject): SubresourceRefusal | undefined {
  if (vmi.spec.domain.devices.autoattachGraphicsDevice === false) return badRequest('No graphics devices are present.');
  return isRunning(vmi) ? undefined : conflict(subjectOf(call.request), 'VMI is not running');
}

function sev(handle: (call: Call, vmi: VmiObject) => Promise<Answer>): Handler {
  return async (call) => {
    if (!call.context.config().gateEnabled('WorkloadEncryptionSEV'))
      throw badRequest("'WorkloadEncryptionSEV' feature gate is not enabled");
    return await handle(call, await vmiOf(call));
  };
}

function mustAttest(call: Call, vmi: VmiObject): void {
  const attestation = vmi.spec.domain.launchSecurity?.sev?.attestation;
  if (attestation === undefined || attestation === null)
    throw conflict(subjectOf(call.request), 'Attestation not requested for VMI');
}

/** In this order: runs, asked for attestation, is paused. */
function mustBePaused(call: Call, vmi: VmiObject): void {
  if (!isRunning(vmi)) throw conflict(subjectOf(call.request), 'VMI is not running');
  mustAttest(call, vmi);
  if (!isPaused(vmi)) throw conflict(subjectOf(call.request), 'VMI is not paused');
}

function hasAgent(vmi: VmiObject): boolean {
  return hasCondition(vmi.status?.conditions, 'AgentConnected');
}

function withAgent(body: unknown): Handler {
  return async (call) => {
    await needsAgent(call);
    return { code: 200, body };
  };
}

async function needsAgent(call: Call): Promise<Answer> {
  const vmi = await vmiOf(call);
  if (!isRunning(vmi)) throw conflict(subjectOf(call.request), 'VMI is not running');
  if (!hasAgent(vmi)) throw conflict(subjectOf(call.request), 'VMI does not have guest agent connected');
  return { code: 200 };
}
