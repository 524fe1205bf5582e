import { numberAt, objectAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { PrinterColumn, ResourceType } from '../resource-type.ts';
import { invalid, required } from './causes.ts';
import { ageOf, column, wideColumn } from './columns.ts';
import { CORE_TYPES } from './core-types.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';
import { POD_TYPES } from './pod-types.ts';

const EVENTS_TYPES = expandTable(
  'io.k8s.api.events.v1',
  `
EventSeries: count!:int+ lastObservedTime!:micro+
Event: eventTime!:micro+ series:EventSeries reportingController reportingInstance action reason regarding:ObjectReference+
  related:ObjectReference note type deprecatedSource:EventSource+ deprecatedFirstTimestamp:time+ deprecatedLastTimestamp:time+
  deprecatedCount:int
`,
  META,
  POD_TYPES,
  CORE_TYPES,
);

/** Events, in the core group and in events.k8s.io: two views of the same stored object. */
export const EVENT_KINDS: readonly ResourceType[] = [
  defineKind({
    kind: 'Event',
    description: 'Something that happened to an object.',
    shortNames: ['ev'],
    schema: CORE_TYPES.Event,
    columns: eventColumns('involvedObject', 'message'),
    columnsWithoutAge: true,
    validate: validateCoreEvent,
    selectableFields: (event) => coreFields(toCoreEvent(event)),
  }),
  defineKind({
    group: 'events.k8s.io',
    kind: 'Event',
    description: 'Something that happened to an object.',
    shortNames: ['ev'],
    schema: EVENTS_TYPES.Event,
    columns: eventColumns('regarding', 'note'),
    columnsWithoutAge: true,
    validate: (event) => namespaceProblems(event, 'regarding'),
    selectableFields: (event) => coreFields(toCoreEvent(event)),
  }),
];

/** An events.k8s.io Event in the core group's form. */
export function toCoreEvent(event: KubeObject): KubeObject {
  if (event.apiVersion === 'v1') return event;
  return renamed(event, 'v1', [
    ['regarding', 'involvedObject'],
    ['note', 'message'],
    ['reportingController', 'reportingComponent'],
    ['deprecatedSource', 'source'],
    ['deprecatedFirstTimestamp', 'firstTimestamp'],
    ['deprecatedLastTimestamp', 'lastTimestamp'],
    ['deprecatedCount', 'count'],
  ]);
}

/** A core Event in the form of events.k8s.io. */
export function toEventsEvent(event: KubeObject): KubeObject {
  if (event.apiVersion !== 'v1') return event;
  return renamed(event, 'events.k8s.io/v1', [
    ['involvedObject', 'regarding'],
    ['message', 'note'],
    ['reportingComponent', 'reportingController'],
    ['source', 'deprecatedSource'],
    ['firstTimestamp', 'deprecatedFirstTimestamp'],
    ['lastTimestamp', 'deprecatedLastTimestamp'],
    ['count', 'deprecatedCount'],
  ]);
}

function renamed(event: KubeObject, apiVersion: string, names: readonly (readonly [string, string])[]): KubeObject {
  const copy: Record<string, unknown> = { ...event, apiVersion };
  for (const [from, to] of names) {
    if (!Object.hasOwn(copy, from)) continue;
    copy[to] = copy[from];
    delete copy[from];
  }
  return copy as KubeObject;
}

function eventColumns(object: string, message: string): readonly PrinterColumn[] {
  return [
    column('Last Seen', (event, now) => lastSeen(toCoreEvent(event), now), 'Time since it happened last.'),
    column('Type', (event) => textAt(event, 'type'), 'Normal or Warning.'),
    column('Reason', (event) => textAt(event, 'reason'), 'Why it was written, in one word.'),
    column('Object', (event) => objectText(objectAt(event, object)), 'The object it is about.'),
    wideColumn('Subobject', (event) => textAt(event, object, 'fieldPath')),
    wideColumn('Source', (event) => sourceText(toCoreEvent(event))),
    column('Message', (event) => textAt(event, message).trim(), 'What happened.'),
    wideColumn('First Seen', (event, now) => firstSeen(toCoreEvent(event), now)),
    wideColumn('Count', (event) => countOf(toCoreEvent(event))),
    wideColumn('Name', (event) => event.metadata.name ?? ''),
  ];
}

function objectText(reference: Readonly<Record<string, unknown>>): string {
  const kind = textAt(reference, 'kind').toLowerCase();
  const name = textAt(reference, 'name');
  return name === '' ? kind : `${kind}/${name}`;
}

function sourceText(event: KubeObject): string {
  const component = textAt(event, 'source', 'component') || textAt(event, 'reportingComponent');
  const host = textAt(event, 'source', 'host') || textAt(event, 'reportingInstance');
  return [component, host].filter((part) => part !== '').join(', ');
}

function firstSeen(event: KubeObject, now: Date): string {
  const at = textAt(event, 'firstTimestamp') || textAt(event, 'eventTime');
  return ageOf(at, now);
}

function lastSeen(event: KubeObject, now: Date): string {
  const series = textAt(event, 'series', 'lastObservedTime');
  return ageOf(
    series || textAt(event, 'lastTimestamp') || textAt(event, 'firstTimestamp') || textAt(event, 'eventTime'),
    now,
  );
}

function countOf(event: KubeObject): number {
  return numberAt(event, 'series', 'count') ?? numberAt(event, 'count') ?? 1;
}

function coreFields(event: KubeObject): Readonly<Record<string, string>> {
  const names = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return {
    ...Object.fromEntries(names.map((name) => [`involvedObject.${name}`, textAt(event, 'involvedObject', name)])),
    reason: textAt(event, 'reason'),
    reportingComponent: textAt(event, 'reportingComponent'),
    source: textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'),
    type: textAt(event, 'type'),
  };
}

function validateCoreEvent(event: KubeObject): readonly StatusCause[] {
  const causes = [...namespaceProblems(event, 'involvedObject')];
  if (textAt(event, 'eventTime') !== '') {
    if (textAt(event, 'reportingComponent') === '') causes.push(required('reportingController'));
    if (textAt(event, 'action') === '') causes.push(required('action'));
    if (textAt(event, 'reason') === '') causes.push(required('reason'));
  }
  return causes;
}

/** Events about what has no namespace stand in `default`. */
function namespaceProblems(event: KubeObject, object: string): readonly StatusCause[] {
  const namespace = textAt(event, object, 'namespace');
  const own = event.metadata.namespace ?? '';
  if (namespace === '' ? own === 'default' || own === '' || own === 'kube-system' : namespace === own) return [];
  return [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')];
}
