import { PRIORITY_ANNOTATION, priorityOf } from '../kube/lease/queue-record.ts';
import { isFree, type Lease, LINK_ANNOTATION, PURPOSE_ANNOTATION, RUN_ANNOTATION } from '../kube/lease/record.ts';
import { durationMs, type LeaseView, type Sign } from '../kube/lease/view.ts';
import { spokenTime } from '../model/spoken-time.ts';

/** A lease as it is shown. */
export interface ShownLease {
  readonly namespace: string;
  readonly name: string;
  readonly view: LeaseView;
  /** Undefined when nobody holds it. */
  readonly sign: Sign | undefined;
}

/** For people. Times are the writers' own clocks; whether they live is judged by ours. */
export function leaseText({ namespace, name, view: { lock, queue }, sign }: ShownLease): string {
  const rows: (readonly [string, string | undefined])[] = [];
  if (lock === undefined) rows.push(['free', 'nobody ever held it']);
  else if (isFree(lock)) rows.push(['free', `given back ${seconds(lock.spec?.renewTime)}`]);
  else {
    const { run, purpose, link, since, renewed } = partsOf(lock);
    rows.push(
      ['held by', lock.spec?.holderIdentity],
      ['since', since],
      ['runs', purpose],
      ['run', run],
      ['link', link],
    );
    rows.push(['renewed', renewed], ['alive', sign && signText(lock, sign)]);
  }
  rows.push(['epoch', lock && String(lock.spec?.leaseTransitions ?? 0)]);
  queue.forEach((one, index) => {
    const { since, purpose, link } = partsOf(one);
    const words = [one.spec?.holderIdentity, priorityOf(one), `since ${since}`, purpose, link];
    rows.push([index === 0 ? 'queue' : '', `${index + 1}. ${words.filter((word) => word !== undefined).join(', ')}`]);
  });
  const lines = rows.flatMap(([key, value]) => (value === undefined ? [] : [`  ${key.padEnd(8)}  ${value}`]));
  return `${[`lease "${name}" in namespace "${namespace}"`, ...lines].join('\n')}\n`;
}

/** For programs: one line of JSON. */
export function leaseJson({ namespace, name, view: { lock, queue }, sign }: ShownLease): string {
  const isHeld = lock !== undefined && !isFree(lock);
  return `${JSON.stringify({
    namespace,
    name,
    held: isHeld,
    epoch: lock?.spec?.leaseTransitions,
    ...(isHeld ? { holder: lock.spec?.holderIdentity, ...partsOf(lock), durationMs: durationMs(lock) } : {}),
    ...(sign === undefined ? {} : { alive: sign.isAlive, watchedMs: sign.watchedMs }),
    queue: queue.map((one) => ({
      holder: one.spec?.holderIdentity,
      priority: one.metadata.annotations?.[PRIORITY_ANNOTATION],
      ...partsOf(one),
    })),
  })}\n`;
}

function signText(lock: Lease, { isAlive, watchedMs }: Sign): string {
  if (isAlive) return 'yes: it was renewed while we looked';
  const left = spokenTime(Math.max(0, durationMs(lock) - watchedMs));
  return `it seems dead: no sign of life in ${spokenTime(watchedMs)}; whoever waits may take it in ${left} more`;
}

interface Parts {
  readonly since: string;
  readonly renewed: string;
  readonly run: string | undefined;
  readonly purpose: string | undefined;
  readonly link: string | undefined;
}

function partsOf({ spec, metadata: { annotations = {} } }: Lease): Parts {
  return {
    since: seconds(spec?.acquireTime),
    renewed: seconds(spec?.renewTime),
    run: annotations[RUN_ANNOTATION],
    purpose: annotations[PURPOSE_ANNOTATION],
    link: annotations[LINK_ANNOTATION],
  };
}

/** Without the fraction that nobody reads. */
function seconds(time: string | undefined): string {
  return time?.replace(/\.\d+Z$/, 'Z') ?? 'an unknown time';
}
