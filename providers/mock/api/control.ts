import type { ApiCall } from '../scenario/director.ts';
import type { Hold, Holds } from '../scenario/holds.ts';
import type { AddedFault } from '../scenario/live-faults.ts';
import type { Core } from './core.ts';
import { type ApiRequest, type ApiResponse, CONTROL_PATH, isTrue, type RequestInfo } from './request.ts';
import type { RequestLog } from './request-log.ts';
import { badRequest, failure } from './status.ts';

/** Answers `requests`, `holds` and `faults`; docs/scenarios.md explains them. @throws ApiError. */
export async function answerControl(
  core: Core,
  requests: RequestLog,
  request: ApiRequest,
  info: RequestInfo,
): Promise<ApiResponse> {
  const [subject = '', id, ...rest] = info.path.slice(CONTROL_PATH.length).split('/');
  if (rest.length > 0 || (id !== undefined && !/^[1-9]\d*$/.test(id))) return nothingThere(info.path);
  const number = id === undefined ? undefined : Number(id);
  switch (`${request.method} ${subject}${number === undefined ? '' : '/ID'}`) {
    case 'GET requests':
      return answered({ counts: requests.counts(), requests: requests.all });
    case 'GET holds':
      return await standing(core.holds, request, info);
    case 'DELETE holds':
    case 'DELETE holds/ID':
      return answered({ released: core.holds.release(number) });
    case 'POST faults':
      return added(core.faults.add(bodyOf(request)));
    case 'DELETE faults':
    case 'DELETE faults/ID':
      return answered({ removed: core.faults.remove(number) });
    default:
      return nothingThere(info.path);
  }
}

/** With `?wait=true` the answer comes as soon as something is held; `?resource=` asks for that of one resource. */
async function standing(holds: Holds, { signal }: ApiRequest, { query }: RequestInfo): Promise<ApiResponse> {
  const resource = query.get('resource');
  const isAsked = ({ call }: Hold) => resource === null || call.resource === resource;
  if (isTrue(query.get('wait'))) await holds.some(isAsked, signal);
  return answered({ holds: holds.standing().filter(isAsked).map(shown) });
}

function shown({ id, side, call }: Hold): ApiCall & Pick<Hold, 'id' | 'side'> {
  return { id, side, ...call };
}

function bodyOf({ body }: ApiRequest): string {
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

function added(outcome: AddedFault): ApiResponse {
  if ('id' in outcome) return answered({ id: outcome.id }, 201);
  throw badRequest(outcome.problems.join('; '));
}

function answered(body: object, status = 200): ApiResponse {
  return { type: 'object', status, headers: {}, body };
}

function nothingThere(path: string): ApiResponse {
  const message = `the simulator has no ${path} for this method; it has requests, holds and faults`;
  return answered(failure({ code: 404, reason: 'NotFound', message }), 404);
}
