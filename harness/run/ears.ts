import { toFinding } from '../errors/blame.ts';
import { Interrupted } from '../errors/errors.ts';
import { History } from '../evidence/bundle/history.ts';
import { PhaseWatch } from '../evidence/bundle/occasions.ts';
import type { Redactor } from '../evidence/redact.ts';
import type { RunEvent } from '../model/events.ts';
import { CONNECTION } from '../model/result.ts';
import type { Scope } from '../scope/scope.ts';
import { Whereabouts } from '../scope/whereabouts.ts';
import type { SshConnection } from '../ssh/connection.ts';

/** Everybody who has to know what happens. */
export function earsOf(sink: (event: RunEvent) => void, redactor: Redactor) {
  const [whereabouts, history, watch] = [new Whereabouts(), new History(), new PhaseWatch()];
  const told = { ids: new Set<string>(), isDirect: false };
  const tell = (event: RunEvent) => {
    whereabouts.hear(event);
    if (event.type === 'check') told.ids.add(event.result.id);
    if (event.type === 'phase-ended' && event.result.name === 'connect')
      told.isDirect = event.result.outcome === 'skipped';
    const masked = redactor.redactAll(event);
    history.hear(masked);
    watch.hear(masked);
    sink(masked);
  };
  return { tell, whereabouts, history, watch, told };
}

/** Told before the scope ends of the same reason: the first word on the end stays, and this one names the row. */
export function tellLoss(scope: Scope, { lost }: SshConnection): void {
  const tell = () => scope.emit({ type: 'ending', finding: toFinding(lost.reason, CONNECTION) });
  if (lost.aborted) tell();
  else lost.addEventListener('abort', tell, { once: true });
}

/** The first word on an end that comes early, and the signal where one was received. */
export function tellEnding(scope: Scope): void {
  const { reason } = scope.signal;
  const finding = toFinding(reason, 'run');
  scope.emit({ type: 'ending', finding, ...(reason instanceof Interrupted ? { signal: reason.signalName } : {}) });
}
