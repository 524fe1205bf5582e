import { applyObject, isApply } from './apply.ts';
import { objectBody, plainBody } from './bodies.ts';
import { type Call, targetOf } from './call.ts';
import { deleteObject, deleteOptions } from './delete.ts';
import type { KubeObject } from './objects.ts';
import { writeOptions } from './options.ts';
import { patchChange } from './patch-request.ts';
import { getObject, listObjects } from './read.ts';
import { listAnswer, objectAnswer, watchForm } from './represent.ts';
import type { ApiResponse } from './request.ts';
import { badRequest, methodNotAllowed } from './status.ts';
import type { Target } from './target.ts';
import { openWatch } from './watch.ts';
import { createObject, updateObject } from './write.ts';

/** Answers a request for an object or a list, without subresource. @throws ApiError. */
export async function answerObject(call: Call): Promise<ApiResponse> {
  const { core, request, info, type } = call;
  if (!type.verbs.includes(info.verb)) throw methodNotAllowed();
  switch (info.verb) {
    case 'get':
      return objectAnswer(core, request, type, getObject(core, type, info, call.staleBy));
    case 'list':
      return listAnswer(core, request, type, listObjects(core, type, info, call.staleBy));
    case 'watch':
      return {
        type: 'watch',
        status: 200,
        headers: {},
        events: openWatch(core, type, info, watchForm(core, request, type)),
      };
    case 'create':
      return create(call);
    case 'update':
      return update(call);
    case 'patch':
      return patch(call);
    case 'delete':
      return remove(call);
    case 'deletecollection':
      return removeAll(call);
    default:
      throw methodNotAllowed();
  }
}

async function create(call: Call): Promise<ApiResponse> {
  const { core, caller, request, info } = call;
  if (info.name !== '') throw methodNotAllowed();
  const options = writeOptions('CreateOptions', info);
  const sent = objectBody(core, request, { target: { ...targetOf(call), name: '' }, options, warn: caller.warn });
  const target = { ...targetOf(call), name: sent.metadata.name ?? '' };
  const made = await createObject(core, caller, { target, object: sent, options });
  return objectAnswer(core, request, call.type, made, 201);
}

/** PUT of an object or one of its parts. */
export async function update(call: Call): Promise<ApiResponse> {
  const { core, caller, request, info, type } = call;
  if (info.name === '') throw methodNotAllowed();
  const options = writeOptions('UpdateOptions', info);
  const target = targetOf(call);
  const sent = named(target, objectBody(core, request, { target, options, warn: caller.warn }));
  const wanted = { target, options, change: () => sent, uid: sent.metadata.uid, needsVersion: type.custom };
  return objectAnswer(core, request, type, await updateObject(core, caller, wanted));
}

function named({ name }: Target, object: KubeObject): KubeObject {
  const given = object.metadata.name ?? '';
  if (given === '') return { ...object, metadata: { ...object.metadata, name } };
  if (given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  return object;
}

/** PATCH of an object or one of its parts. */
export async function patch(call: Call): Promise<ApiResponse> {
  const { core, caller, request, info, type } = call;
  if (info.name === '') throw methodNotAllowed();
  const options = writeOptions('PatchOptions', info, isApply(request));
  const target = targetOf(call);
  if (isApply(request)) return applyObject(call, target, options);
  const change = patchChange(core, caller, request, { target, options });
  return objectAnswer(core, request, type, await updateObject(core, caller, { target, options, change }));
}

async function remove(call: Call): Promise<ApiResponse> {
  const { core, caller, request, info, type } = call;
  const options = deleteOptions(info, plainBody(request, 'DeleteOptions'));
  const target = targetOf(call);
  const { gone, object } = await deleteObject(core, caller, { target, options });
  if (!gone || RETURNED.has(type.plural)) return objectAnswer(core, request, type, object);
  const details = {
    name: target.name,
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.plural,
    uid: object.metadata.uid,
  };
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  return { type: 'object', status: 200, headers: {}, body };
}

// Their storages are set up to return what was deleted, where others return a Status.
const RETURNED = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'podtemplates',
  'resourcequotas',
  'storageclasses',
  'csinodes',
  'csidrivers',
  'volumeattachments',
]);

async function removeAll(call: Call): Promise<ApiResponse> {
  const { core, caller, request, info, type } = call;
  const options = deleteOptions(info, plainBody(request, 'DeleteOptions'));
  const page = listObjects(core, type, { ...info, verb: 'list' });
  const deleted: KubeObject[] = [];
  for (const { metadata } of page.items) {
    const target = { ...targetOf(call), namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
    const done = await deleteObject(core, caller, { target, options }).catch(unlessGone);
    if (done !== undefined) deleted.push(done.object);
  }
  return listAnswer(core, request, type, { ...page, items: deleted });
}

function unlessGone(error: unknown): undefined {
  if ((error as { status?: number }).status === 404) return undefined;
  throw error;
}
