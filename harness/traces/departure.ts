import { InfraError, LostLease } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { type Found, findLeft, LEFT_ANNOTATION, nameOf, RUN_LABEL } from '../kube/find-left.ts';
import { dropNote, isNote, noteNodes, notePath, settleNote } from '../kube/node-note.ts';
import { findOthersGuests, othersWords } from '../kube/others-guests.ts';
import { persist } from '../kube/persist.ts';
import { ALL_KINDS } from '../kube/sweep.ts';
import { SWEEP_KINDS } from '../kube/sweep-kinds.ts';
import type { Scope } from '../scope/scope.ts';
import { arrive, compareWith } from './arrival.ts';
import type { HostReader } from './host.ts';

/** How the run goes on, as far as its leaving depends on it. */
export interface Leaving {
  readonly runId: string;
  /** Of the lease: there the run writes down what the nodes had. */
  readonly namespace: string;
  /** Reads what runs on the host; absent when only the API is reachable. */
  readonly readHost?: HostReader | undefined;
  /** Why what the run made stays, asked when everything else is undone; undefined takes all of it away. */
  readonly keptBecause: () => string | undefined;
  /** Lines that lead a person to what was kept. */
  readonly howToLook: () => readonly string[];
}

const SETTLE_MS = 60_000;
/** One look at all kinds and the marks on what is left. */
const SETTLE_AT_LEAST_MS = 2000;
const COMPARE_MS = 60_000;
/** With less than this, what is still being tidied up cannot be waited for: one hopes that it is gone, and looks. */
const PATIENT_FROM_MS = COMPARE_MS / 2;
/** One look at cluster and host. */
const LOOK_AT_LEAST_MS = 3000;
const GOODBYE_MS = 1000;

/**
 * Looks at cluster and host as they are found, and again when everything that comes after this is undone: what is
 * otherwise is told, and leftovers of ours are infra. Called by the holder of the lease, when the cluster is swept.
 */
export async function prepareDeparture(scope: Scope, client: KubeClient, leaving: Leaving): Promise<void> {
  const arrival = await arrive(scope, client, leaving);
  const stay: Stay = { left: undefined };
  scope.defer('leftovers', { withinMs: COMPARE_MS, canBeLeftOut: true }, async (_signal, own, budgetMs) => {
    const why = stay.left ?? whyNot(client, budgetMs);
    const endsInMs = budgetMs < PATIENT_FROM_MS ? budgetMs - GOODBYE_MS : undefined;
    if (why === undefined) await compareWith(own, client, { arrival, leaving, endsInMs });
    else own.emit({ type: 'traces', traces: { isCompared: false, notCompared: [`the cluster: ${why}`] } });
  });
  const { runId, namespace } = leaving;
  const path = notePath({ runId, namespace });
  scope.defer('labels of the nodes', { withinMs: SETTLE_MS, reservedMs: SETTLE_AT_LEAST_MS }, async (_signal, own) => {
    const left = await settle(own, client, { leaving, path });
    stay.left = left?.because;
    if (left?.isOverdue === true)
      throw new InfraError(`still in the cluster, for the next run to sweep: ${left.names.slice(0, 3).join(', ')}`);
  });
  if (!arrival.hasKubevirt) await noteNodes(client, { runId, namespace, signal: scope.signal });
}

interface Left {
  readonly names: readonly string[];
  readonly because: string;
  /** Nobody wanted it to stay. */
  readonly isOverdue: boolean;
}

interface Stay {
  /** Why something is left in the cluster, which nobody has to look for then. */
  left: string | undefined;
}

function whyNot({ fence, lost }: KubeClient, budgetMs: number): string | undefined {
  if (fence?.lost.aborted === true) return 'the lease was lost, and another run may be at work';
  if (lost.aborted) return 'there is no way to it any more';
  return budgetMs < LOOK_AT_LEAST_MS ? 'no time was left to look' : undefined;
}

/** Either nothing is left, and the nodes get their labels back; or what is left is marked for the next sweep, and told. */
async function settle(
  scope: Scope,
  client: KubeClient,
  { leaving, path }: { readonly leaving: Leaving; readonly path: string },
): Promise<Left | undefined> {
  const selector = `${RUN_LABEL}=${leaving.runId}`;
  let remaining: Left | undefined;
  await persist('labels of the nodes given back', { scope, client }, async () => {
    const all = await findLeft(client, ALL_KINDS, { signal: scope.signal, selector });
    const left = all.filter(({ object }) => !isNote(object));
    if (left.length === 0) {
      const there = await findLeft(client, SWEEP_KINDS.kubevirt, { signal: scope.signal, selector: '' });
      const isFree = !there.some(({ kind }) => kind.plural === 'kubevirts');
      return isFree ? await settleNote(scope, client, { path }) : await dropNote(scope, client, { path });
    }
    const kept = leaving.keptBecause();
    const isHeld = kept === undefined && left.some(({ kind }) => kind.plural === 'kubevirts');
    const others = isHeld ? await findOthersGuests(client, scope.signal) : [];
    const because = kept ?? (others.length > 0 ? stayingFor(others) : 'it was not taken away in time');
    const telling = left.filter(({ kind }) => MARKED.includes(kind.plural));
    await mark(scope, client, telling, because);
    const howToLook = kept === undefined ? [] : leaving.howToLook();
    const names = (telling.length === 0 ? left : telling).map(nameOf);
    remaining = { names, because, isOverdue: kept === undefined && others.length === 0 };
    scope.emit({ type: 'traces', traces: { left: names, leftBecause: because, howToLook } });
  });
  return remaining;
}

/** The undo of KubeVirt has told it already. */
function stayingFor(others: readonly Found[]): string {
  return `it stays for others, ${othersWords(others)}`;
}

/** What a person looks for: the rest goes with these. */
const MARKED = ['kubevirts', 'cdis', 'namespaces', 'virtualmachineinstances', 'virtualmachines'];

async function mark(
  scope: Scope,
  client: KubeClient,
  left: readonly { readonly path: string }[],
  because: string,
): Promise<void> {
  const patch = { metadata: { annotations: { [LEFT_ANNOTATION]: because } } };
  await Promise.all(
    left.map(({ path }) =>
      client.patch(path, patch, { type: 'merge', signal: scope.signal }).catch((error: unknown) => {
        // The mark is for people; its label alone gets it swept.
        if (error instanceof LostLease || !(error instanceof InfraError)) throw error;
      }),
    ),
  );
}
