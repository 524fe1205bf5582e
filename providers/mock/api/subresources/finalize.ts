import { plainBody } from '../bodies.ts';
import { type Call, targetOf } from '../call.ts';
import { isObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { writeOptions } from '../options.ts';
import { objectAnswer } from '../represent.ts';
import { type ApiResponse, at } from '../request.ts';
import { badRequest, methodNotAllowed } from '../status.ts';
import { updateObject } from '../write.ts';

/** PUT of a namespace's own finalizers; without any left a deleted namespace is gone. @throws ApiError. */
export async function answerFinalize(call: Call): Promise<ApiResponse> {
  const { core, caller, info, request, type } = call;
  if (info.verb !== 'update') throw methodNotAllowed();
  const options = writeOptions('UpdateOptions', info);
  const body = plainBody(request, type.kind);
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${type.kind})`);
  const finalizers = at(body, 'spec', 'finalizers');
  const version = at(body, 'metadata', 'resourceVersion');
  const change = (old: KubeObject): KubeObject => ({
    ...old,
    metadata:
      typeof version === 'string' && version !== '' ? { ...old.metadata, resourceVersion: version } : old.metadata,
    spec: Array.isArray(finalizers) && finalizers.length > 0 ? { finalizers } : {},
  });
  const done = await updateObject(core, caller, { target: targetOf(call), options, change, raw: true });
  return objectAnswer(core, request, type, done);
}
