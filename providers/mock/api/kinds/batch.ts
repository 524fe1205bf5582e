import { listAt, numberAt, objectAt, sameJson, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { invalid, required, unsupported } from './causes.ts';
import { ageOf, column, humanDuration, selectorText, wideColumn } from './columns.ts';
import { defineKind } from './define.ts';
import { defaultPodSpec } from './pod-defaults.ts';
import { BATCH_TYPES } from './workload-types.ts';
import { validateTemplate, withTemplate } from './workloads.ts';

const BATCH = { group: 'batch', categories: ['all'], counted: true, subresources: ['status'] } as const;
const JOB_LABELS = ['batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name', 'controller-uid', 'job-name'];

/** Jobs and CronJobs. */
export const BATCH_KINDS: readonly ResourceType[] = [
  defineKind({
    ...BATCH,
    kind: 'CronJob',
    description: 'Jobs by the clock.',
    shortNames: ['cj'],
    schema: BATCH_TYPES.CronJob,
    columns: [
      column('Schedule', (object) => textAt(object, 'spec', 'schedule')),
      column('Timezone', (object) => textAt(object, 'spec', 'timeZone') || '<none>'),
      column('Suspend', (object) => (objectAt(object, 'spec').suspend === true ? 'True' : 'False')),
      column('Active', (object) => listAt(object, 'status', 'active').length),
      column('Last Schedule', (object, now) => {
        const last = textAt(object, 'status', 'lastScheduleTime');
        return last === '' ? '<none>' : ageOf(last, now);
      }),
    ],
    defaults: (object) => {
      const job = objectAt(object, 'spec', 'jobTemplate');
      const inner = withTemplate({ ...object, spec: objectAt(job, 'spec') }, (spec) => spec).spec;
      return { ...object, spec: { ...objectAt(object, 'spec'), jobTemplate: { ...job, spec: inner } } };
    },
    validate: cronProblems,
  }),
  defineKind({
    ...BATCH,
    kind: 'Job',
    description: 'Pods that run to their end.',
    schema: BATCH_TYPES.Job,
    columns: [
      column('Status', jobStatus, 'Complete, Failed, Suspended or Running.'),
      column('Completions', completionsText, 'Pods that ended well, of those wanted.'),
      column('Duration', durationText, 'From start to end.'),
      wideColumn('Containers', (object) => containersText(object, 'name')),
      wideColumn('Images', (object) => containersText(object, 'image')),
      wideColumn('Selector', (object) => selectorText(objectAt(object, 'spec').selector)),
    ],
    defaults: defaultJob,
    prepareForCreate: withJobLabels,
    validate: jobProblems,
    validateUpdate: (object, old) =>
      (['completions', 'selector', 'template', 'completionMode'] as const)
        .filter((field) => !sameJson(objectAt(object, 'spec')[field], objectAt(old, 'spec')[field]))
        .map((field) => invalid(`spec.${field}`, objectAt(object, 'spec')[field], 'field is immutable')),
    selectableFields: (object) => ({ 'status.successful': `${numberAt(object, 'status', 'succeeded') ?? 0}` }),
  }),
];

function defaultJob(object: KubeObject): KubeObject {
  const spec = objectAt(object, 'spec');
  const single = spec.completions === undefined && spec.parallelism === undefined;
  const counts = single ? { completions: 1, parallelism: 1 } : { parallelism: spec.parallelism ?? 1 };
  const template = objectAt(spec, 'template');
  return {
    ...object,
    spec: {
      ...spec,
      ...counts,
      podReplacementPolicy: spec.podReplacementPolicy ?? 'TerminatingOrFailed',
      template: { ...template, spec: defaultPodSpec(objectAt(template, 'spec')) },
    },
  };
}

/** The server gives a job's pods the labels by which the job finds them. */
function withJobLabels(object: KubeObject): KubeObject {
  const spec = objectAt(object, 'spec');
  if (spec.manualSelector === true) return object;
  const uid = object.metadata.uid ?? '';
  const name = object.metadata.name ?? '';
  const values = [uid, name, uid, name];
  const labels = Object.fromEntries(JOB_LABELS.map((label, index) => [label, values[index]]));
  const template = objectAt(spec, 'template');
  const metadata = {
    ...objectAt(template, 'metadata'),
    labels: { ...objectAt(template, 'metadata', 'labels'), ...labels },
  };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  return { ...object, spec: { ...spec, selector, template: { ...template, metadata } } };
}

function jobProblems(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const causes: StatusCause[] = [];
  for (const field of [
    'parallelism',
    'completions',
    'backoffLimit',
    'activeDeadlineSeconds',
    'ttlSecondsAfterFinished',
  ]) {
    const value = numberAt(spec, field);
    if (value !== undefined && value < 0)
      causes.push(invalid(`spec.${field}`, value, 'must be greater than or equal to 0'));
  }
  const template = objectAt(spec, 'template');
  causes.push(...validateTemplate(template, 'spec.template', ['OnFailure', 'Never', 'Always']));
  if (textAt(template, 'spec', 'restartPolicy') === 'Always') {
    const field = 'spec.template.spec.restartPolicy';
    causes.push(required(field, 'valid values: "OnFailure", "Never"'));
  }
  return causes;
}

function cronProblems(object: KubeObject): readonly StatusCause[] {
  const schedule = textAt(object, 'spec', 'schedule');
  const policy = textAt(object, 'spec', 'concurrencyPolicy');
  const causes: StatusCause[] = [];
  if (schedule === '') causes.push(required('spec.schedule'));
  else if (!schedule.startsWith('@') && schedule.trim().split(/\s+/).length !== 5) {
    const found = schedule.trim().split(/\s+/).length;
    causes.push(invalid('spec.schedule', schedule, `expected exactly 5 fields, found ${found}: ${goList(schedule)}`));
  }
  const policies = ['Allow', 'Forbid', 'Replace'];
  if (!policies.includes(policy)) causes.push(unsupported('spec.concurrencyPolicy', policy, policies));
  return causes;
}

function goList(schedule: string): string {
  return `[${schedule.trim().split(/\s+/).join(' ')}]`;
}

function jobStatus(object: KubeObject): string {
  const has = (type: string) =>
    listAt(object, 'status', 'conditions').some(
      (one) => textAt(one, 'type') === type && textAt(one, 'status') === 'True',
    );
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completionsText(object: KubeObject): string {
  const succeeded = numberAt(object, 'status', 'succeeded') ?? 0;
  const completions = numberAt(object, 'spec', 'completions');
  if (completions !== undefined) return `${succeeded}/${completions}`;
  const parallelism = numberAt(object, 'spec', 'parallelism') ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText(object: KubeObject, now: Date): string {
  const start = Date.parse(textAt(object, 'status', 'startTime'));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(textAt(object, 'status', 'completionTime'));
  return humanDuration((Number.isNaN(end) ? now.getTime() : end) - start);
}

function containersText(object: KubeObject, field: string): string {
  return listAt(object, 'spec', 'template', 'spec', 'containers')
    .map((container) => textAt(container, field))
    .join(',');
}
