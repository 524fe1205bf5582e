import { UsageError } from '../errors/errors.ts';
import { describeHolder, isFree, type Lease } from '../kube/lease/record.ts';
import { durationMs, throwOut, viewLease, watchHolder } from '../kube/lease/view.ts';
import { spokenTime } from '../model/spoken-time.ts';
import type { Scope } from '../scope/scope.ts';
import type { ToolInput } from './command.ts';
import { type ToolGround, withGround } from './ground.ts';
import { leaseJson, leaseText } from './lease-text.ts';

type Action = (scope: Scope, ground: ToolGround, input: ToolInput) => Promise<number>;

const ACTIONS: Readonly<Record<string, Action>> = { show, release };
const NAME = 'sevlane';

/** The work of `sevlane lease`: who has the cluster, and taking it from one who does not give it back. */
export async function actOnLease(input: ToolInput): Promise<number> {
  const [word] = input.words;
  const action = word === undefined || !Object.hasOwn(ACTIONS, word) ? undefined : ACTIONS[word];
  if (action === undefined) {
    const seen = word === undefined ? 'nothing to do is named' : `"${word}" is not known`;
    throw new UsageError(`sevlane lease: ${seen}`, { hint: 'write sevlane lease show, or release --force' });
  }
  // Told before anything is opened.
  if (action === release) refuseRashness(input);
  return await withGround(input, {}, (scope, ground) => action(scope, ground, input));
}

async function show(scope: Scope, { cluster: { client } }: ToolGround, input: ToolInput): Promise<number> {
  const namespace = namespaceOf(input);
  const view = await viewLease(client, { namespace, name: NAME }, scope.signal);
  const { lock } = view;
  const sign = lock === undefined || isFree(lock) ? undefined : await watchHolder(scope, client, lock);
  const shown = { namespace, name: NAME, view, sign };
  input.terminal.stdout.write(input.values.json === true ? leaseJson(shown) : leaseText(shown));
  return 0;
}

function refuseRashness({ values, surroundings }: ToolInput): void {
  if (values.force !== true) {
    throw new UsageError('sevlane lease release: a run gives its lease back by itself', {
      hint: 'to throw out one that does not, write sevlane lease release --force',
    });
  }
  if (values.yes !== true && surroundings.ask === undefined) {
    throw new UsageError('sevlane lease release: nobody can be asked whether that is meant', {
      hint: 'look with sevlane lease show, then write sevlane lease release --force --yes',
    });
  }
}

async function release(scope: Scope, { cluster: { client } }: ToolGround, input: ToolInput): Promise<number> {
  const { stdout } = input.terminal;
  const namespace = namespaceOf(input);
  const what = `lease "${NAME}" in namespace "${namespace}"`;
  const { lock } = await viewLease(client, { namespace, name: NAME }, scope.signal);
  if (lock === undefined || isFree(lock)) {
    stdout.write(`${what}: is free: there is nobody to throw out\n`);
    return 0;
  }
  await confirm(scope, lock, input);
  const thrownOut = await throwOut(client, lock, scope.signal);
  stdout.write(
    thrownOut === undefined
      ? `${what}: ${describeHolder(lock)} has it no longer: nothing was changed\n`
      : `${what}: thrown out: ${describeHolder(thrownOut)}; if it lives it finds its lease lost within ${spokenTime(
          durationMs(thrownOut) / 6,
        )}, and what it leaves is swept by the next run\n`,
  );
  return 0;
}

async function confirm(scope: Scope, lock: Lease, { values, surroundings }: ToolInput): Promise<void> {
  if (values.yes === true) return;
  const question = `throw out ${describeHolder(lock)}? Its run ends, and what it has on the cluster is lost. Type yes: `;
  const answer = await surroundings.ask?.(question, { isSecret: false, signal: scope.signal });
  if (answer?.trim().toLowerCase() === 'yes') return;
  throw new UsageError('sevlane lease release: not confirmed, nothing was changed', {
    hint: 'type yes, or give --yes',
  });
}

function namespaceOf({ values }: ToolInput): string {
  return String(values['lease-namespace'] ?? 'kube-system');
}
