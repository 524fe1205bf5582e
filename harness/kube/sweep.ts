import type { Scope } from '../scope/scope.ts';
import type { KubeClient } from './client.ts';
import { type Found, findLeft, nameOf, RUN_LABEL, runOf } from './find-left.ts';
import { takeFinalizersOff } from './force.ts';
import { removeRemains } from './kubevirt-remains.ts';
import { dropNote, isNote, settleNote } from './node-note.ts';
import { type KubeObject, objectKey } from './objects.ts';
import { refuseOthersGuests } from './others-guests.ts';
import { type Kind, SWEEP_KINDS } from './sweep-kinds.ts';
import { takeAway } from './take-away.ts';

export { RUN_LABEL } from './find-left.ts';

/** An object that an earlier run had left behind and that is gone now. */
export interface Swept {
  readonly kind: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  /** The run that had left it; empty when no run had. */
  readonly runId: string;
}

export interface SweepOptions {
  /** Our own run: its objects stay. */
  readonly runId: string;
  /** For each step of the sweep; default 180 s. */
  readonly stepWithinMs?: number;
}

export interface SweepChoice {
  /** Label selector of what is to go; it names `sevlane/run`. */
  readonly selector: string;
  readonly stepWithinMs?: number | undefined;
  /** True lets guests that no run made go with a KubeVirt that one did; else it stays for them. */
  readonly takesOthersGuests?: boolean;
}

const STEP_MS = 180_000;

/** The kinds that a sweep looks at. */
export const ALL_KINDS: readonly Kind[] = Object.values(SWEEP_KINDS).flat();

/**
 * Removes whatever other runs left in the cluster, found by label. Only for the holder of the lease: nobody else is
 * at work then. @throws InfraError naming what does not go away and its finalizers.
 */
export async function sweepOtherRuns(
  scope: Scope,
  client: KubeClient,
  { runId, stepWithinMs }: SweepOptions,
): Promise<readonly Swept[]> {
  return await sweepChosen(scope, client, { selector: `${RUN_LABEL},${RUN_LABEL}!=${runId}`, stepWithinMs });
}

/**
 * The same for the runs of the caller's choice. What does not go of itself within half of its time loses its
 * finalizers, which is told. One step that fails does not keep the next from its work. A KubeVirt with guests of others
 * stays, with all that it needs. @throws HeldByOthers naming them, when the rest is done.
 */
export async function sweepChosen(
  scope: Scope,
  client: KubeClient,
  { selector, stepWithinMs: withinMs = STEP_MS, takesOthersGuests = false }: SweepChoice,
): Promise<readonly Swept[]> {
  const found = await findLeft(client, ALL_KINDS, { signal: scope.signal, selector });
  if (found.length === 0) return [];
  const notes = found.filter(({ object }) => isNote(object));
  const swept: Found[] = [];
  const failures: unknown[] = [];
  const step = async (name: string, kinds: readonly Kind[], more: Partial<Step> = {}) => {
    try {
      swept.push(...(await sweepStep(scope, client, { name, kinds, selector, withinMs, ...more })));
    } catch (error) {
      scope.signal.throwIfAborted();
      failures.push(error);
    }
  };
  // The operator must live until its KubeVirt is gone, and with it the namespace that it runs in.
  const needed = new Set(
    found
      .filter(({ kind }) => ['kubevirts', 'cdis', 'deployments'].includes(kind.plural))
      .map(({ object }) => object.metadata.namespace ?? ''),
  );
  const isOurs = found.some(({ kind }) => kind.plural === 'kubevirts');
  const free = ({ metadata }: KubeObject) => !needed.has(metadata.name ?? '');
  await step('guests', SWEEP_KINDS.guests);
  await step('workloads', SWEEP_KINDS.workloads);
  await step('namespaces', SWEEP_KINDS.namespaces, { chosen: free });
  if (!takesOthersGuests) {
    const installed = found.find(isInstallation);
    if (installed !== undefined)
      await refuseOthersGuests(client, `KubeVirt of run ${runOf(installed.object)}`, scope.signal);
  }
  await step('kubevirt', SWEEP_KINDS.kubevirt, isOurs ? { force: forceKubevirt(client, withinMs) } : {});
  await step('operator', SWEEP_KINDS.operator, { chosen: (object) => !isNote(object) });
  await step('namespaces of the operator', SWEEP_KINDS.namespaces);
  if (failures.length > 0) throw failures[0];
  for (const note of notes) await settle(scope, client, note);
  return [...swept, ...notes].map(({ kind, object }) => ({
    kind: kind.plural,
    key: objectKey(object),
    runId: runOf(object),
  }));
}

/** With any of these the guests go. */
export function isInstallation({ kind, object }: Found): boolean {
  const name = object.metadata.name ?? '';
  return kind.plural === 'kubevirts' || name === 'virt-operator' || name === 'kubevirts.kubevirt.io';
}

interface Step {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly selector: string;
  readonly withinMs: number;
  readonly chosen?: (object: KubeObject) => boolean;
  readonly force?: (scope: Scope, left: readonly Found[]) => Promise<void>;
}

async function sweepStep(scope: Scope, client: KubeClient, step: Step): Promise<readonly Found[]> {
  const { name, kinds, selector, withinMs, chosen = () => true } = step;
  return await takeAway(scope, client, {
    goal: `sweep of ${name} left by earlier runs`,
    withinMs,
    list: async (signal) =>
      (await findLeft(client, kinds, { signal, selector })).filter(({ object }) => chosen(object)),
    onDelete: (found) => scope.log.info(`sweeping ${nameOf(found)}, left by run ${runOf(found.object)}`),
    force: step.force ?? ((own, left) => takeFinalizersOff(own, client, left)),
  });
}

/** KubeVirt's operator does not answer: its work is done by hand, and then nothing holds the resource any more. */
export function forceKubevirt(client: KubeClient, withinMs: number): NonNullable<Step['force']> {
  let isCleared = false;
  return async (scope, left) => {
    if (!isCleared) await removeRemains(scope, client, withinMs / 2);
    isCleared = true;
    await takeFinalizersOff(scope, client, left);
  };
}

/** The marks of the nodes belong to whichever KubeVirt is there now. */
async function settle(scope: Scope, client: KubeClient, note: Found): Promise<void> {
  const there = await findLeft(client, SWEEP_KINDS.kubevirt, { signal: scope.signal, selector: '' });
  if (there.some(({ kind }) => kind.plural === 'kubevirts')) await dropNote(scope, client, note);
  else await settleNote(scope, client, note);
}
