import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { type Condition, type Pod, type Workload, withCondition } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { controllerKeys, createPod, deletePod, isActive, isReady, podsOf, putStatus } from './pods-of.ts';

/** Runs the pods of each Job until enough have succeeded, or too many have failed. */
export function startJobs(component: Component): void {
  const jobs = component.informer<Workload>(pathTo(RESOURCES.jobs));
  const pods = component.informer<Pod>(pathTo(RESOURCES.pods));
  const loop = component.loop([jobs, pods], async (key) => {
    const job = jobs.get(key);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const finished = job.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
    if (finished === undefined) await advance(job);
  });
  trigger(jobs, loop);
  trigger(pods, loop, controllerKeys('Job'));

  async function advance(job: Workload): Promise<void> {
    const { completions = 1, parallelism = 1, backoffLimit = 6 } = job.spec;
    const mine = podsOf(job, pods);
    const succeeded = mine.filter((pod) => pod.status?.phase === 'Succeeded').length;
    const failed = mine.filter((pod) => pod.status?.phase === 'Failed').length;
    const active = mine.filter(isActive);
    const over = succeeded >= completions ? 'Complete' : failed > backoffLimit ? 'Failed' : undefined;
    let running = active.length;
    if (over === undefined) {
      const { name } = job.metadata;
      const uid = job.metadata.uid ?? '';
      const labels = { 'batch.kubernetes.io/job-name': name ?? '', 'batch.kubernetes.io/controller-uid': uid };
      for (; running < Math.min(parallelism, completions - succeeded); running += 1)
        await createPod(component, pods, job, {
          namePrefix: `${name}-`,
          labels: { ...labels, 'job-name': name ?? '', 'controller-uid': uid },
        });
    } else for (const pod of active) await deletePod(component, job, pod);
    await report(job, {
      succeeded,
      failed,
      running: over === undefined ? running : 0,
      over,
      ready: active.filter(isReady).length,
    });
  }

  async function report(
    job: Workload,
    seen: {
      succeeded: number;
      failed: number;
      running: number;
      ready: number;
      over: 'Complete' | 'Failed' | undefined;
    },
  ): Promise<void> {
    const now = component.now();
    let conditions = job.status?.conditions;
    for (const condition of endOf(seen.over)) {
      const fresh = { ...condition, lastProbeTime: now };
      conditions = withCondition(conditions, fresh, now);
    }
    const status = {
      startTime: job.status?.startTime ?? now,
      ready: seen.ready,
      terminating: 0,
      uncountedTerminatedPods: {},
      active: seen.running > 0 ? seen.running : null,
      ...(seen.succeeded > 0 ? { succeeded: seen.succeeded } : {}),
      ...(seen.failed > 0 ? { failed: seen.failed } : {}),
      ...(conditions === undefined ? {} : { conditions }),
      ...(seen.over === 'Complete' ? { completionTime: now } : {}),
    };
    const { active, ...rest } = status;
    const compared = active === null && job.status?.active === undefined ? rest : status;
    await putStatus(
      component,
      pathTo(RESOURCES.jobs, job.metadata.namespace, job.metadata.name, 'status'),
      job,
      compared,
    );
    if (seen.over === 'Complete') void component.events.say(job, 'Normal', 'Completed', 'Job completed');
    if (seen.over === 'Failed')
      void component.events.say(job, 'Warning', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
}

function endOf(over: 'Complete' | 'Failed' | undefined): readonly Condition[] {
  if (over === 'Complete') {
    const message = 'Reached expected number of succeeded pods';
    return ['SuccessCriteriaMet', 'Complete'].map((type) => ({
      type,
      status: 'True',
      reason: 'CompletionsReached',
      message,
    }));
  }
  if (over === undefined) return [];
  const message = 'Job has reached the specified backoff limit';
  return ['FailureTarget', 'Failed'].map((type) => ({ type, status: 'True', reason: 'BackoffLimitExceeded', message }));
}
