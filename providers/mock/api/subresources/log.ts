import { PassThrough, type Readable, Transform } from 'node:stream';
import type { Call } from '../call.ts';
import type { KubeObject } from '../objects.ts';
import { invalidField } from '../options.ts';
import { getObject } from '../read.ts';
import { type ApiResponse, at, isTrue } from '../request.ts';
import { badRequest, internal, invalid, methodNotAllowed } from '../status.ts';
import { containerOf, kubeletOf } from './containers.ts';

/** GET of a pod's log through its node's kubelet. @throws ApiError 400, 404 or 500. */
export function answerLog(call: Call): ApiResponse {
  const { core, caller, info } = call;
  if (info.verb !== 'get') throw methodNotAllowed();
  const pod = getObject(core, call.type, info);
  const container = containerOf(pod, info.query.get('container') ?? '');
  checkLines(info.query);
  if (!at(pod, 'spec', 'nodeName')) return { type: 'text', status: 204, headers: {}, text: '' };
  const kubelet = kubeletOf(core, pod);
  checkStarted(pod, container, isTrue(info.query.get('previous')));
  const options = {
    follow: isTrue(info.query.get('follow')),
    previous: isTrue(info.query.get('previous')),
    timestamps: isTrue(info.query.get('timestamps')),
    since: sinceOf(info.query, core.clock.now().getTime()),
  };
  const source = kubelet.logs(pod, container, options);
  const stream = trimmed(source, info.query);
  caller.signal.addEventListener('abort', () => source.destroy(), { once: true });
  return { type: 'stream', status: 200, headers: { 'content-type': 'text/plain' }, stream };
}

/** Milliseconds since the epoch. @throws ApiError 400 for no time, 422 for both forms at once. */
function sinceOf(query: URLSearchParams, now: number): number | undefined {
  const [seconds, time] = [query.get('sinceSeconds'), query.get('sinceTime')];
  if (seconds !== null && time !== null) {
    const cause = {
      reason: 'FieldValueForbidden',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
      field: '',
    };
    throw invalid({ group: '', kind: 'PodLogOptions' }, '', [cause]);
  }
  if (seconds !== null) return now - Number(seconds) * 1000;
  if (time === null) return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw badRequest(`parsing time ${JSON.stringify(time)} as "2006-01-02T15:04:05Z07:00"`);
  return at;
}

function checkLines(query: URLSearchParams): void {
  const fields = ['tailLines', 'limitBytes', 'sinceSeconds'] as const;
  for (const field of fields) {
    const value = query.get(field);
    if (value === null) continue;
    const least = field === 'tailLines' ? 0 : 1;
    if (!/^-?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    if (Number(value) >= least) continue;
    const why = `must be greater than ${least === 0 ? 'or equal to 0' : '0'}`;
    throw invalid({ group: '', kind: 'PodLogOptions' }, '', [invalidField(field, Number(value), why)]);
  }
}

// The kubelet refuses while the container is only being made, and the API server passes its words on.
function checkStarted(pod: KubeObject, container: string, previous: boolean): void {
  const statuses = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].flatMap(
    (key) => (at(pod, 'status', key) ?? []) as readonly { name: string; state?: object; restartCount?: number }[],
  );
  const status = statuses.find((one) => one.name === container);
  const waiting = at(status, 'state', 'waiting', 'reason');
  const name = pod.metadata.name;
  if (previous && (status?.restartCount ?? 0) === 0) {
    throw badRequest(
      `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`,
    );
  }
  if (waiting === undefined) return;
  const why = waiting === 'ContainerCreating' ? 'ContainerCreating' : `trying and failing to pull image`;
  if (waiting === 'ContainerCreating' || waiting === 'PodInitializing' || /Pull/.test(String(waiting))) {
    throw badRequest(
      `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start: ${waiting === 'PodInitializing' ? 'PodInitializing' : why}`,
    );
  }
  if (/Config|Create/.test(String(waiting))) throw internal(String(waiting));
}

function trimmed(source: Readable, query: URLSearchParams): Readable {
  const tail = query.get('tailLines');
  const limit = query.get('limitBytes');
  const tailed = tail === null ? source : source.pipe(tailOf(Number(tail)));
  const limited = limit === null ? tailed : tailed.pipe(limitTo(Number(limit)));
  const out = limited.pipe(new PassThrough());
  source.on('error', (error) => out.destroy(error));
  return out;
}

// A following log never ends, so the tail is taken of what is there in the first moment.
function tailOf(lines: number): Transform {
  let held: string | undefined = '';
  const release = (into: Transform) => {
    if (held === undefined) return;
    const parts = held.split('\n');
    const last = parts.pop() ?? '';
    const kept = lines === 0 ? [] : parts.slice(-lines);
    into.push(kept.map((line) => `${line}\n`).join('') + (lines === 0 ? '' : last));
    held = undefined;
  };
  let timer: NodeJS.Timeout | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (held === undefined) this.push(chunk);
      else {
        held += chunk.toString('utf8');
        timer ??= setTimeout(() => release(this), 20);
      }
      done();
    },
    flush(done) {
      clearTimeout(timer);
      release(this);
      done();
    },
  });
}

function limitTo(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      done(null, part);
      if (left === 0) this.end();
    },
  });
}
