import { plainBody } from '../bodies.ts';
import { type Core, rfc3339, timestamp } from '../core.ts';
import { type Call, targetOf } from '../handle.ts';
import type { StatusCause } from '../objects.ts';
import { invalidField, writeOptions } from '../options.ts';
import { type ApiResponse, at, isRecord } from '../request.ts';
import { badRequest, conflict, invalid, methodNotAllowed, notFound } from '../status.ts';
import { keyOf } from '../write.ts';

const SHORTEST_SECONDS = 600;
const LONGEST_SECONDS = 2 ** 32;

/** POST of a TokenRequest for a service account. @throws ApiError 404, 409 or 422. */
export function answerToken(call: Call): ApiResponse {
  const { core, info, request, type } = call;
  if (info.verb !== 'create') throw methodNotAllowed();
  writeOptions('CreateOptions', info);
  const body = plainBody(request, 'TokenRequest') ?? {};
  if (!isRecord(body)) throw badRequest('the object provided is unrecognized (must be of type TokenRequest)');
  const account = core.store.get(keyOf(targetOf(call)));
  if (account === undefined) throw notFound(type, info.name);
  const wanted = specOf(core, body);
  const { name = '', namespace = '', uid = '' } = account.metadata;
  const expiresAt = new Date(core.clock.now().getTime() + wanted.expirationSeconds * 1000);
  const bound = boundTo(core, namespace, wanted.boundObjectRef);
  const claims = { namespace, account: { name, uid }, audiences: wanted.audiences, expiresAt, ...bound };
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid: crypto.randomUUID(), creationTimestamp: timestamp(core) },
    spec: wanted,
    status: { token: core.tokens.issue(claims), expirationTimestamp: rfc3339(expiresAt) },
  };
  return { type: 'object', status: 201, headers: {}, body: answer };
}

interface Wanted {
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly boundObjectRef: Readonly<Record<string, unknown>> | null;
}

function specOf(core: Core, body: unknown): Wanted {
  const expirationSeconds = at(body, 'spec', 'expirationSeconds') ?? 3600;
  const audiences = at(body, 'spec', 'audiences');
  const reference = at(body, 'spec', 'boundObjectRef');
  const problems = lifetimeProblems(Number(expirationSeconds));
  if (problems.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', problems);
  return {
    audiences: Array.isArray(audiences) && audiences.length > 0 ? audiences.map(String) : [core.tokens.issuer],
    expirationSeconds: Number(expirationSeconds),
    boundObjectRef: isRecord(reference) ? reference : null,
  };
}

function lifetimeProblems(seconds: number): readonly StatusCause[] {
  const field = 'spec.expirationSeconds';
  if (seconds < SHORTEST_SECONDS)
    return [invalidField(field, seconds, 'may not specify a duration less than 10 minutes')];
  return seconds > LONGEST_SECONDS
    ? [invalidField(field, seconds, 'may not specify a duration larger than 2^32 seconds')]
    : [];
}

function boundTo(core: Core, namespace: string, reference: Wanted['boundObjectRef']) {
  if (reference === null) return {};
  const kind = String(reference.kind ?? '');
  const name = String(reference.name ?? '');
  const plural = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[kind];
  if (plural === undefined)
    throw badRequest(
      `cannot bind token for serviceaccount to object of type ${reference.apiVersion ?? ''}, Kind=${kind}`,
    );
  const object = core.store.get({ resource: plural, namespace: kind === 'Node' ? '' : namespace, name });
  if (object === undefined) throw notFound({ group: '', plural }, name);
  const uid = object.metadata.uid ?? '';
  const wanted = reference.uid;
  if (typeof wanted === 'string' && wanted !== '' && wanted !== uid) {
    const why = `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', plural }, name, why);
  }
  if (kind !== 'Pod') return kind === 'Node' ? { node: { name, uid } } : {};
  const nodeName = at(object, 'spec', 'nodeName');
  const node =
    typeof nodeName === 'string' ? core.store.get({ resource: 'nodes', namespace: '', name: nodeName }) : undefined;
  return {
    pod: { name, uid },
    ...(node === undefined ? {} : { node: { name: node.metadata.name ?? '', uid: node.metadata.uid ?? '' } }),
  };
}
