import type { Call } from '../call.ts';
import { patch, update } from '../object-verbs.ts';
import { getObject } from '../read.ts';
import { objectAnswer } from '../represent.ts';
import type { ApiResponse } from '../request.ts';
import { methodNotAllowed, noSuchResource } from '../status.ts';
import { answerBinding } from './binding.ts';
import { answerEviction } from './eviction.ts';
import { answerExec } from './exec.ts';
import { answerFinalize } from './finalize.ts';
import { answerLog } from './log.ts';
import { answerServiceProxy } from './proxy.ts';
import { answerScale } from './scale.ts';
import { answerToken } from './token.ts';

type Answer = (call: Call) => Promise<ApiResponse> | ApiResponse;

const ANSWERS: Readonly<Record<string, Answer>> = {
  scale: answerScale,
  status: answerPart,
  ephemeralcontainers: answerPart,
  approval: answerPart,
  binding: answerBinding,
  eviction: answerEviction,
  finalize: answerFinalize,
  token: answerToken,
  log: answerLog,
  exec: answerExec,
  proxy: answerServiceProxy,
};

/** Answers a request for a subresource. @throws ApiError. */
export async function answerSubresource(call: Call): Promise<ApiResponse> {
  const { subresource, namespace } = call.info;
  const known = call.type.subresources.includes(subresource);
  const answer = known ? ANSWERS[subresource] : undefined;
  if (answer === undefined || (call.type.namespaced && namespace === '')) throw noSuchResource();
  return await answer(call);
}

function answerPart(call: Call): Promise<ApiResponse> | ApiResponse {
  switch (call.info.verb) {
    case 'get':
      return objectAnswer(call.core, call.request, call.type, getObject(call.core, call.type, call.info, call.staleBy));
    case 'update':
      return update(call);
    case 'patch':
      return patch(call);
    default:
      throw methodNotAllowed();
  }
}
