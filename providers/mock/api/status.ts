import type { StatusBody, StatusCause, StatusDetails } from './objects.ts';

/** A refusal as the API server words it; every handler throws these. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly body: StatusBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: StatusBody, headers: Readonly<Record<string, string>> = {}) {
    super(body.message ?? body.reason ?? 'refused');
    this.status = body.code ?? 500;
    this.body = body;
    this.headers = headers;
  }
}

/** What a message calls a resource or kind: `widgets.lab.example.com`, or `pods` in the core group. */
export function qualified(name: string, group: string): string {
  return group === '' ? name : `${name}.${group}`;
}

/** The group and plural (or kind) that a refusal is about. */
export interface Subject {
  readonly group: string;
  readonly plural: string;
}

interface Failure {
  readonly code: number;
  readonly reason?: string | undefined;
  readonly message: string;
  readonly details?: StatusDetails | undefined;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The body of a refusal, with its keys in the server's order. */
export function failure({ code, reason, message, details, metadata = {} }: Failure): StatusBody {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

function about({ group, plural }: Subject, name: string): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
}

/** 404 for one object. */
export function notFound(subject: Subject, name: string): ApiError {
  const message = `${qualified(subject.plural, subject.group)} ${JSON.stringify(name)} not found`;
  return new ApiError(failure({ code: 404, reason: 'NotFound', message, details: about(subject, name) }));
}

/** 404 for a path under a known API that names no resource. */
export function noSuchResource(): ApiError {
  const message = 'the server could not find the requested resource';
  return new ApiError(failure({ code: 404, reason: 'NotFound', message, details: {} }));
}

/** 405. */
export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(failure({ code: 405, reason: 'MethodNotAllowed', message, details: {} }));
}

/** 409 because the name is taken. */
export function alreadyExists(subject: Subject, name: string, terminating = false): ApiError {
  const message = `${terminating ? 'object is being deleted: ' : ''}${qualified(subject.plural, subject.group)} ${JSON.stringify(name)} already exists`;
  return new ApiError(failure({ code: 409, reason: 'AlreadyExists', message, details: about(subject, name) }));
}

/** 409 of optimistic concurrency; `why` follows the standard beginning. */
export function conflict(
  subject: Subject,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiError {
  const resource = qualified(subject.plural, subject.group);
  const message = `Operation cannot be fulfilled on ${resource} ${JSON.stringify(name)}: ${why}`;
  return new ApiError(failure({ code: 409, reason: 'Conflict', message, details: about(subject, name) }));
}

/** 400. */
export function badRequest(message: string): ApiError {
  return new ApiError(failure({ code: 400, reason: 'BadRequest', message }));
}

/** 500 without a reason, as errors come out that are no API errors inside the server. */
export function internal(message: string): ApiError {
  return new ApiError(failure({ code: 500, message }));
}

/** 500 with reason InternalError. */
export function internalError(message: string): ApiError {
  const details = { causes: [{ message }] };
  return new ApiError(
    failure({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${message}`, details }),
  );
}

/** 403 of an admission plugin. */
export function forbidden(subject: Subject, name: string, why: string, causes?: readonly StatusCause[]): ApiError {
  const message = `${qualified(subject.plural, subject.group)}${name === '' ? '' : ` ${JSON.stringify(name)}`} is forbidden: ${why}`;
  const details = { ...about(subject, name), ...(causes === undefined ? {} : { causes }) };
  return new ApiError(failure({ code: 403, reason: 'Forbidden', message, details }));
}

/** 415 that names the accepted media types. */
export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(failure({ code: 415, reason: 'UnsupportedMediaType', message }));
}

/** 422 with one cause or many, e.g. `invalid({group, kind}, name, causes)`. */
export function invalid(
  about: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): ApiError {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const unique = [...new Set(texts)];
  const list = unique.length === 1 ? unique[0] : `[${unique.join(', ')}]`;
  const details: StatusDetails = {
    ...(name === '' ? {} : { name }),
    ...(about.group === '' ? {} : { group: about.group }),
    ...(about.kind === '' ? {} : { kind: about.kind }),
    causes,
  };
  const message = `${qualified(about.kind, about.group)} ${JSON.stringify(name)} is invalid: ${list}`;
  return new ApiError(failure({ code: 422, reason: 'Invalid', message, details }));
}

/** 422 about the query of a request, e.g. of `CreateOptions`. */
export function invalidOptions(options: string, causes: readonly StatusCause[]): ApiError {
  return invalid({ group: 'meta.k8s.io', kind: options }, '', causes);
}

/** 410: the asked version is beyond the kept history. */
export function expired(message: string, continueToken?: string): ApiError {
  const metadata = continueToken === undefined ? {} : { continue: continueToken };
  return new ApiError(failure({ code: 410, reason: 'Expired', message, metadata }));
}

/** 401. */
export function unauthorized(): ApiError {
  return new ApiError(failure({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' }));
}

/** 503. */
export function serviceUnavailable(message: string): ApiError {
  return new ApiError(failure({ code: 503, reason: 'ServiceUnavailable', message }));
}
