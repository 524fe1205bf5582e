import { objectBody } from '../bodies.ts';
import { type Call, targetOf } from '../call.ts';
import { type Core, rfc3339, timestamp } from '../core.ts';
import { isObject } from '../json.ts';
import { tokenRequestType } from '../kinds/reviews.ts';
import { trackManagers } from '../managers.ts';
import { writeOptions } from '../options.ts';
import { type ApiResponse, at } from '../request.ts';
import { badRequest, conflict, invalid, methodNotAllowed, notFound } from '../status.ts';
import { keyOf } from '../target.ts';

/** POST of a TokenRequest for a service account. @throws ApiError 404, 409 or 422. */
export function answerToken(call: Call): ApiResponse {
  const { core, caller, info, request, type } = call;
  if (info.verb !== 'create') throw methodNotAllowed();
  const options = writeOptions('CreateOptions', info);
  const target = { ...targetOf(call), type: tokenRequestType };
  const sent = objectBody(core, request, { target, options, warn: caller.warn });
  const account = core.store.get(keyOf(targetOf(call)));
  if (account === undefined) throw notFound(type, info.name);
  const problems = tokenRequestType.strategy.validate(sent);
  if (problems.length > 0) throw invalid(tokenRequestType, '', problems);
  const tracked = trackManagers(core, caller, { target, object: sent, options });
  const { name = '', namespace = '', uid = '' } = account.metadata;
  const wanted = specOf(core, sent);
  const expiresAt = new Date(core.clock.now().getTime() + wanted.expirationSeconds * 1000);
  const bound = boundTo(core, namespace, wanted.boundObjectRef);
  const claims = { namespace, account: { name, uid }, audiences: wanted.audiences, expiresAt, ...bound };
  const system = { name, namespace, uid: crypto.randomUUID(), creationTimestamp: timestamp(core) };
  const status = { token: core.tokens.issue(claims), expirationTimestamp: rfc3339(expiresAt) };
  const body = { ...tracked, metadata: { ...tracked.metadata, ...system }, spec: wanted, status };
  return { type: 'object', status: 201, headers: {}, body };
}

interface Wanted {
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly boundObjectRef: Readonly<Record<string, unknown>> | null;
}

function specOf(core: Core, body: unknown): Wanted {
  const audiences = at(body, 'spec', 'audiences');
  const reference = at(body, 'spec', 'boundObjectRef');
  return {
    audiences: Array.isArray(audiences) && audiences.length > 0 ? audiences.map(String) : [core.tokens.issuer],
    expirationSeconds: Number(at(body, 'spec', 'expirationSeconds') ?? 3600),
    boundObjectRef: isObject(reference) ? reference : null,
  };
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
