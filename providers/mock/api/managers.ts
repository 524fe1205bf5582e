import { type Caller, type Core, timestamp } from './core.ts';
import type { KubeObject } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { trackUpdate } from './type-functions.ts';
import type { Target } from './write.ts';

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
  const managedFields = trackUpdate(old, write.object, {
    manager: managerName(options, caller),
    operation: 'Update',
    subresource: target.subresource,
    time: timestamp(core),
    type: target.type,
  });
  const { managedFields: _, ...metadata } = write.object.metadata;
  return { ...write.object, metadata: managedFields.length === 0 ? metadata : { ...metadata, managedFields } };
}
