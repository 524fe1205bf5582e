import type { Cause } from './causes.ts';

/** What a webhook of KubeVirt answers: a change to the object, or a refusal. */
export interface Verdict {
  readonly allowed: boolean;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly causes?: readonly Cause[];
  readonly warnings?: readonly string[];
  readonly patch?: readonly PatchOperation[];
}

/** One step of a JSON patch. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** Lets the object pass. */
export function allow(warnings: readonly string[] = []): Verdict {
  return { allowed: true, ...(warnings.length > 0 && { warnings }) };
}

/** Refuses for these causes, at least one: 422, ten of them at most. Source: pkg/util/webhooks ToAdmissionResponse. */
export function refuse(causes: readonly Cause[]): Verdict {
  const shown = causes.slice(0, MAX_CAUSES);
  const more = causes.length - shown.length;
  const messages = shown.map(({ message }) => message).filter((message, index) => message !== '' || index > 0);
  if (more > 0) messages.push(`and ${more} more validation errors`);
  return { allowed: false, code: 422, reason: 'Invalid', message: messages.join(', '), causes: shown };
}

/** Refuses with a bare message, as KubeVirt does for errors that have no field. */
export function refuseFor(message: string, code = 400): Verdict {
  return { allowed: false, code, message };
}

/** The verdict on a list of causes, empty or not. */
export function judge(causes: readonly Cause[], warnings: readonly string[] = []): Verdict {
  return causes.length > 0 ? refuse(causes) : allow(warnings);
}

const MAX_CAUSES = 10;
