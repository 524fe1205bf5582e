import type { Scope } from '../scope/scope.ts';
import { type Look, until } from '../scope/until.ts';
import type { KubeClient } from './client.ts';
import { isRefusal, KubeError } from './errors.ts';
import { type Found, nameOf } from './find-left.ts';

/** Objects that are to go, together. */
export interface Batch {
  /** e.g. `sweep of guests left by earlier runs`. */
  readonly goal: string;
  readonly list: (signal: AbortSignal) => Promise<readonly Found[]>;
  /** How long in all. */
  readonly withinMs: number;
  /** After this time `force` is called, with every further look; default half of `withinMs`. */
  readonly patientMs?: number;
  /** What else can be done for those that do not go. */
  readonly force?: (scope: Scope, left: readonly Found[]) => Promise<void>;
  /** Hears of each object when its deletion is first asked for. */
  readonly onDelete?: (found: Found) => void;
}

const EVERY_MS = 250;

/**
 * Deletes the objects until none is left. A refusal, a webhook whose server is gone say, is no end: it is tried again
 * as long as there is time. @throws InfraError naming what does not go away, its finalizers and the refusals.
 */
export async function takeAway(scope: Scope, client: KubeClient, batch: Batch): Promise<readonly Found[]> {
  const { goal, list, withinMs, patientMs = withinMs / 2, force, onDelete } = batch;
  const asked = new Map<string, Found>();
  const startedAt = scope.clock.nowMs;
  const limits = {
    scope,
    withinMs,
    everyMs: EVERY_MS,
    blame: 'infra',
    hint: 'look at the finalizers: whoever set them is not there to take them off',
  } as const;
  await until(goal, limits, async (signal): Promise<Look<void>> => {
    const left = await list(signal);
    if (left.length === 0) return { done: true, value: undefined };
    const refusals: string[] = [];
    const bear = (error: unknown) => {
      if (!(error instanceof KubeError)) throw error;
      refusals.push(error.message);
    };
    for (const found of left) {
      if (found.object.metadata.deletionTimestamp !== undefined) continue;
      if (!asked.has(nameOf(found))) onDelete?.(found);
      asked.set(nameOf(found), found);
      await remove(client, found, signal).catch(bear);
    }
    if (scope.clock.nowMs - startedAt >= patientMs) await force?.(scope, left).catch(bear);
    return { done: false, saw: [...left.map(describeLeft), ...refusals].join(', ') };
  });
  return [...asked.values()];
}

async function remove(client: KubeClient, { path, object }: Found, signal: AbortSignal): Promise<void> {
  const { uid } = object.metadata;
  try {
    await client.delete(path, {
      signal,
      propagation: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    });
  } catch (error) {
    // Somebody put another object in its place: that one is not left over.
    if (!isRefusal(error, 409)) throw error;
  }
}

function describeLeft(found: Found): string {
  const finalizers = found.object.metadata.finalizers ?? [];
  return `${nameOf(found)}${finalizers.length === 0 ? '' : ` (finalizers ${finalizers.join(', ')})`}`;
}
