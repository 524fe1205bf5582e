import { type Caller, type Core, timestamp } from './core.ts';
import type { KubeObject } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { trackUpdate } from './patch/track-update.ts';
import type { Target } from './target.ts';

/** The name under which changes are booked: the one given, else the first part of the user agent. */
export function managerName(options: WriteOptions, caller: Caller): string {
  if (options.fieldManager !== '') return options.fieldManager;
  const [program = ''] = caller.userAgent.split('/');
  return program === '' ? 'unknown' : program.slice(0, 128);
}

/** The object with its managedFields brought up to date for an update by this caller. */
export function trackManagers(
  core: Core,
  caller: Caller,
  write: {
    readonly target: Target;
    readonly object: KubeObject;
    readonly old?: KubeObject;
    readonly options: WriteOptions;
  },
): KubeObject {
  const { target, old, options } = write;
  const { subresource, type } = target;
  const manager = managerName(options, caller);
  const tracked = trackUpdate({ old, next: write.object, manager, subresource, time: timestamp(core), type });
  return subresource === 'scale' ? withoutScaleTimes(tracked) : tracked;
}

// The real server books a new scale without saying when.
function withoutScaleTimes(object: KubeObject): KubeObject {
  const managedFields = (object.metadata.managedFields ?? []).map(({ time, ...entry }) =>
    entry.subresource === 'scale' || time === undefined ? entry : { ...entry, time },
  );
  return { ...object, metadata: { ...object.metadata, managedFields } };
}
