import { InfraError } from '../errors/errors.ts';

/** One cause of a refusal, as `metav1.StatusCause` has it. */
export interface KubeCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

interface KubeErrorDetails {
  readonly status: number;
  readonly reason: string;
  /** What the server said, in its own words. */
  readonly said: string;
  readonly causes: readonly KubeCause[];
  readonly body?: string;
  readonly hint?: string;
}

/**
 * The API server answered, and refused. It blames the infrastructure unless the caller, who knows what it asked for,
 * throws something else in its place.
 */
export class KubeError extends InfraError {
  /** HTTP status. */
  readonly status: number;
  /** e.g. `NotFound`, `Conflict`, `AlreadyExists`, `Invalid`, `Forbidden`, `Expired`; empty when the body had none. */
  readonly reason: string;
  readonly said: string;
  readonly causes: readonly KubeCause[];
  /** The answer's body as it came: health checks have no other words. */
  readonly body: string;

  constructor(what: string, { status, reason, said, causes, body = '', hint }: KubeErrorDetails) {
    super(`${what}: ${status}${reason === '' ? '' : ` ${reason}`}: ${said}`, hint === undefined ? {} : { hint });
    this.status = status;
    this.reason = reason;
    this.said = said;
    this.causes = causes;
    this.body = body;
  }
}

/** True for a KubeError with one of these HTTP statuses. */
export function isRefusal(error: unknown, ...statuses: readonly number[]): error is KubeError {
  return error instanceof KubeError && statuses.includes(error.status);
}

/** Makes the error out of a refusal's body; `what` names verb and object. */
export function kubeError(what: string, status: number, body: string): KubeError {
  const parsed = parseStatus(body);
  const said = parsed?.message ?? (body.trim() === '' ? 'no explanation' : brief(body));
  const reason = parsed?.reason ?? '';
  const hint = hintFor(status);
  return new KubeError(what, {
    status,
    reason,
    said,
    causes: parsed?.causes ?? [],
    body,
    ...(hint === undefined ? {} : { hint }),
  });
}

interface ParsedStatus {
  readonly message: string | undefined;
  readonly reason: string | undefined;
  readonly causes: readonly KubeCause[];
}

function parseStatus(body: string): ParsedStatus | undefined {
  let status: unknown;
  try {
    status = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isRecord(status) || status.kind !== 'Status') return undefined;
  const details = isRecord(status.details) ? status.details : {};
  const causes = Array.isArray(details.causes) ? details.causes : [];
  return {
    message: textOf(status.message),
    reason: textOf(status.reason),
    causes: causes.filter(isRecord).map((cause) => ({
      reason: textOf(cause.reason) ?? '',
      message: textOf(cause.message) ?? '',
      field: textOf(cause.field) ?? '',
    })),
  };
}

function hintFor(status: number): string | undefined {
  if (status === 401) return 'the credentials of the kubeconfig are not accepted: get a fresh kubeconfig or token';
  if (status === 403) return 'the user of the kubeconfig lacks this right: the lane needs cluster-admin';
  return undefined;
}

/** A first line of something unexpected, e.g. an HTML page of a proxy. */
export function brief(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 197)}...` : line;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
