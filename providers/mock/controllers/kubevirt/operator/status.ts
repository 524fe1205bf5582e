import type { Condition } from '../../kinds.ts';

/** What the three conditions of a KubeVirt CR say together. Source: pkg/virt-operator/util/client.go. */
export type Situation =
  | { readonly is: 'deploying'; readonly version: string; readonly registry: string }
  | { readonly is: 'deployed' }
  | { readonly is: 'updating'; readonly from: string; readonly to: string; readonly registry: string }
  | { readonly is: 'failed'; readonly error: string }
  | { readonly is: 'deleting' };

interface Row {
  readonly available: boolean;
  readonly progressing: boolean;
  readonly degraded: boolean;
  readonly reason: string;
  readonly message: string;
}

/** The conditions of a situation: Available, Progressing, Degraded, and Created once everything is there. */
export function conditionsOf(situation: Situation, before: readonly Condition[], now: string): readonly Condition[] {
  const row = rowOf(situation);
  const told = { reason: row.reason, message: row.message };
  const three = (
    [
      ['Available', row.available],
      ['Progressing', row.progressing],
      ['Degraded', row.degraded],
    ] as const
  ).map(([type, value]) => stamped({ type, status: value ? 'True' : 'False', ...told }, before, now));
  const failure =
    situation.is === 'failed' ? [stamped({ type: 'Synchronized', status: 'False', ...told }, before, now)] : [];
  const created = KEEPS_CREATED[situation.is] ? before.find(({ type }) => type === 'Created') : undefined;
  if (situation.is === 'deployed' || created !== undefined)
    return [...three, created ?? { ...CREATED, lastProbeTime: now, lastTransitionTime: now }, ...failure];
  return [...three, ...failure];
}

/** What is under way anew is not created yet. */
const KEEPS_CREATED: Readonly<Record<Situation['is'], boolean>> = {
  deploying: true,
  deployed: true,
  failed: true,
  updating: false,
  deleting: false,
};

const CREATED: Condition = {
  type: 'Created',
  status: 'True',
  reason: 'AllResourcesCreated',
  message: 'All resources were created.',
};

function rowOf(situation: Situation): Row {
  switch (situation.is) {
    case 'deploying':
      return row(
        'FTF',
        'DeploymentInProgress',
        `Deploying version ${situation.version} with registry ${situation.registry}`,
      );
    case 'deployed':
      return row('TFF', 'AllComponentsReady', 'All components are ready.');
    case 'updating': {
      const { from, to, registry } = situation;
      const message = `Transitioning from previous version ${from} with registry ${registry} to target version ${to} using registry ${registry}`;
      return row('TTT', 'UpdateInProgress', message);
    }
    case 'failed':
      return row('FFT', 'DeploymentFailed', `An error occurred during deployment: ${situation.error}`);
    case 'deleting':
      return row('FFT', 'DeletionInProgress', 'Deletion was triggered');
  }
}

/** `flags` are Available, Progressing, Degraded, as T or F. */
function row(flags: string, reason: string, message: string): Row {
  const [available, progressing, degraded] = [...flags].map((flag) => flag === 'T');
  return {
    available: available ?? false,
    progressing: progressing ?? false,
    degraded: degraded ?? false,
    reason,
    message,
  };
}

function stamped(condition: Condition, before: readonly Condition[], now: string): Condition {
  const old = before.find(({ type }) => type === condition.type);
  const same = old?.status === condition.status && old.reason === condition.reason && old.message === condition.message;
  if (same && old !== undefined) return old;
  const since = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  return { ...condition, lastProbeTime: now, lastTransitionTime: since };
}
