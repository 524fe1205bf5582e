import type { ServerResponse } from 'node:http';

/** A subresource says no. `text` is what its reader sees; conflicts and absences are wrapped as Kubernetes does. */
export class SubresourceRefusal extends Error {
  override readonly name = 'SubresourceRefusal';
  readonly body: Readonly<Record<string, unknown>> & { readonly code: number; readonly message: string };

  constructor(body: SubresourceRefusal['body']) {
    super(body.message);
    this.body = body;
  }
}

/** What a refusal is about, e.g. `virtualmachineinstance` and its name. */
export interface Subject {
  readonly kind: 'virtualmachineinstance' | 'virtualmachine';
  readonly name: string;
}

export function conflict({ kind, name }: Subject, text: string): SubresourceRefusal {
  const message = `Operation cannot be fulfilled on ${kind}.kubevirt.io "${name}": ${text}`;
  return refusal(409, 'Conflict', message, { name, group: 'kubevirt.io', kind });
}

export function notFound({ kind, name }: Subject): SubresourceRefusal {
  const message = `${kind}.kubevirt.io "${name}" not found`;
  return refusal(404, 'NotFound', message, { name, group: 'kubevirt.io', kind });
}

export function badRequest(text: string): SubresourceRefusal {
  return refusal(400, 'BadRequest', text);
}

export function forbidden({ kind, name }: Subject, text: string): SubresourceRefusal {
  const message = `${kind}.kubevirt.io "${name}" is forbidden: ${text}`;
  return refusal(403, 'Forbidden', message, { name, group: 'kubevirt.io', kind });
}

export function internalError(text: string): SubresourceRefusal {
  return refusal(500, 'InternalError', `Internal error occurred: ${text}`, { causes: [{ message: text }] });
}

function refusal(code: number, reason: string, message: string, details?: object): SubresourceRefusal {
  const kind = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
  return new SubresourceRefusal({ ...kind, message, reason, ...(details && { details }), code });
}

/** Sends a JSON body. */
export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Sends plain text; empty for the bare 200 and 202 of the PUT handlers. */
export function sendText(response: ServerResponse, code: number, text = ''): void {
  const type = text === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' };
  response.writeHead(code, { ...type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
