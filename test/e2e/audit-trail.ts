import { readFileSync } from 'node:fs';

/** What the tests read of a line of the audit trail. */
export interface AuditLine {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly stageTimestamp: string;
}

/** Reads what is there by now, in the order in which it happened. */
export function readAudit(file: string): readonly AuditLine[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  // The last one is empty, or still being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AuditLine);
}

/** The run that asked, as its user agent says; undefined for anybody else. */
export function runOf({ userAgent = '' }: AuditLine): string | undefined {
  return /^sevlane\/\S+ \((.+)\)$/.exec(userAgent)?.[1];
}

const MUTATING: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** True for a request that would change something. A review of one's own rights is a question with a body. */
export function isMutating({ verb, objectRef }: AuditLine): boolean {
  return verb in MUTATING && !/reviews$/.test(objectRef?.resource ?? '');
}

/** e.g. `POST leases`, `GET pods/exec`. */
export function describeRequest({ verb, requestURI, objectRef }: AuditLine): string {
  const { resource, subresource } = objectRef ?? {};
  const what = resource === undefined ? requestURI : [resource, subresource].filter((part) => part).join('/');
  return `${MUTATING[verb] ?? verb.toUpperCase()} ${what}`;
}
