import { UsageError } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { type Found, findLeft, LEFT_ANNOTATION, nameOf, RUN_LABEL, runOf } from '../kube/find-left.ts';
import { acquireLease } from '../kube/lease/acquire.ts';
import { takeFenceAway } from '../kube/lease/take-away.ts';
import { findOthersGuests, othersWords } from '../kube/others-guests.ts';
import { describeKubevirt, removeKubevirt } from '../kube/remove-kubevirt.ts';
import { ALL_KINDS, isInstallation, sweepChosen } from '../kube/sweep.ts';
import { SWEEP_KINDS } from '../kube/sweep-kinds.ts';
import { spokenTime } from '../model/spoken-time.ts';
import type { Scope } from '../scope/scope.ts';
import type { ToolInput } from './command.ts';
import { withGround } from './ground.ts';

/** The work of `sevlane clean`: what earlier runs left is listed, and taken away by whoever holds the lease. */
export async function clean(input: ToolInput): Promise<number> {
  const { values, surroundings } = input;
  // Told before anything is opened.
  if (values.all === true && values.run !== undefined)
    throw new UsageError('sevlane clean: --all and --run ask for different things', { hint: 'leave one of them out' });
  if (values.all === true && values.yes !== true && values['dry-run'] !== true && surroundings.ask === undefined)
    throw new UsageError('sevlane clean --all: nobody can be asked whether that is meant', {
      hint: 'look with sevlane clean --all --dry-run, then write sevlane clean --all --yes',
    });
  return await withGround(input, {}, (scope, { cluster }) => cleanCluster(scope, cluster.client, input));
}

/** What it needs of a tool's input. */
export type CleanInput = Pick<ToolInput, 'values' | 'runId' | 'terminal' | 'own' | 'surroundings'>;

/** The same on a cluster that is reached. @returns the exit code. @throws InfraError while somebody else has the lease. */
export async function cleanCluster(scope: Scope, client: KubeClient, input: CleanInput): Promise<number> {
  const { values, runId, terminal, own } = input;
  const say = (text: string) => void terminal.stdout.write(`${text}\n`);
  const isAll = values.all === true;
  const selector = values.run === undefined ? RUN_LABEL : `${RUN_LABEL}=${String(values.run)}`;
  const { signal } = scope;
  const left = await findLeft(client, ALL_KINDS, { signal, selector });
  if (values.run !== undefined && left.length === 0) await refuseUnknownRun(client, String(values.run), signal);
  const kubevirts = isAll ? await findLeft(client, SWEEP_KINDS.kubevirt, { signal, selector: '' }) : [];
  const foreign = kubevirts.filter(({ object }) => runOf(object) === '');
  say(listed(left, new Date()));
  if (isAll) for (const each of await describeKubevirt(client, signal)) say(`goes with --all: ${each}`);
  const others = left.some(isInstallation) ? await findOthersGuests(client, signal) : [];
  if (others.length > 0 && !isAll) say(`KubeVirt stays: ${othersWords(others)} and would go with it`);
  if (values['dry-run'] === true || (left.length === 0 && !isAll)) return 0;
  if (isAll) await confirm(scope, input, foreign);
  const namespace = String(values['lease-namespace'] ?? 'kube-system');
  await acquireLease(scope, client, {
    namespace,
    holder: `${own.environment.USER ?? own.environment.LOGNAME ?? 'somebody'}, sevlane clean, pid ${own.pid}`,
    runId,
    durationMs: Number(values['lease-duration'] ?? 90_000),
    waitMs: Number(values['lease-wait'] ?? 0),
  });
  const swept = await sweepChosen(scope, client, { selector, takesOthersGuests: isAll });
  if (isAll) {
    await removeKubevirt(scope, client);
    // Last: until then it keeps out what a run that lost the lease may still write.
    await takeFenceAway(scope, client, { namespace, name: 'sevlane' });
  }
  say(
    `taken away: ${swept.length} ${swept.length === 1 ? 'object' : 'objects'} of earlier runs${isAll ? ', all of KubeVirt, and what fences runs' : ''}`,
  );
  return 0;
}

/** One paragraph a run: its id, its age, why it was left, and what of it is there. */
function listed(left: readonly Found[], now: Date): string {
  if (left.length === 0) return 'nothing is left of earlier runs';
  const runs = new Map<string, Found[]>();
  for (const found of left) runs.set(runOf(found.object), [...(runs.get(runOf(found.object)) ?? []), found]);
  return [...runs]
    .map(([run, objects]) => {
      const made = objects
        .map(({ object }) => Date.parse(object.metadata.creationTimestamp ?? ''))
        .filter(Number.isFinite);
      const age = made.length === 0 ? '' : `, ${spokenTime(Math.max(0, now.getTime() - Math.min(...made)))} old`;
      const why = objects.map(({ object }) => object.metadata.annotations?.[LEFT_ANNOTATION]).find((each) => each);
      const head = `run ${run}${age}, ${objects.length} ${objects.length === 1 ? 'object' : 'objects'}`;
      return [`${head}${why === undefined ? '' : `: ${why}`}`, ...objects.map((each) => `  ${nameOf(each)}`)].join(
        '\n',
      );
    })
    .join('\n');
}

/** Most likely mistyped, or it took all away itself. */
async function refuseUnknownRun(client: KubeClient, run: string, signal: AbortSignal): Promise<void> {
  const left = await findLeft(client, ALL_KINDS, { signal, selector: RUN_LABEL });
  const runs = [...new Set(left.map(({ object }) => runOf(object)))].sort();
  throw new UsageError(`sevlane clean --run ${run}: no run of this name left anything here`, {
    hint: runs.length === 0 ? 'nothing is left of any run' : `these did: ${runs.join(', ')}`,
  });
}

async function confirm(scope: Scope, { values, surroundings }: CleanInput, foreign: readonly Found[]): Promise<void> {
  if (values.yes === true) return;
  const what = foreign.length === 0 ? 'whatever remains of KubeVirt' : foreign.map(nameOf).join(', ');
  const question = `take away ${what}, with all guests? Type yes: `;
  const answer = await surroundings.ask?.(question, { isSecret: false, signal: scope.signal });
  if (answer?.trim().toLowerCase() === 'yes') return;
  throw new UsageError('sevlane clean --all: not confirmed, nothing was changed', { hint: 'type yes, or give --yes' });
}
