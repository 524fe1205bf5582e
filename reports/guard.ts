import { once } from 'node:events';
import { toFinding } from '../harness/errors/blame.ts';
import { Interrupted } from '../harness/errors/errors.ts';
import type { StopSignal } from '../harness/model/own-process.ts';
import type { Reporter } from './reporter.ts';

/** What to do when a signal comes or when something broke that nobody caught. */
export interface Alarms {
  onSignal(signalName: StopSignal): void;
  onBug(error: unknown): void;
}

/**
 * Prow sends SIGINT and SIGTERM back to back, npm doubles what a terminal sends: within this time they are one request. A terminal
 * that goes away may say so several times, and never insists.
 */
const ONE_REQUEST_MS = 1000;

/**
 * Does the work of a run so that signals and bugs end it in order: they are told, the work is stopped and undoes what
 * it did. On a terminal a later signal leaves the work behind; elsewhere nobody can have meant that. Never throws.
 */
export async function guarded(
  reporter: Pick<Reporter, 'tell'>,
  post: { readonly isTerminal: boolean; readonly listen: (alarms: Alarms) => void },
  work: (stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const insistence = new AbortController();
  const insisted = once(insistence.signal, 'abort');
  const trouble = (error: unknown) => reporter.tell({ type: 'trouble', finding: toFinding(error, 'run') });
  const end = (error: unknown, signal?: StopSignal) => {
    reporter.tell({ type: 'ending', finding: toFinding(error, 'run'), ...(signal === undefined ? {} : { signal }) });
    stop.abort(error);
  };
  let askedAt: number | undefined;
  post.listen({
    onSignal(signalName) {
      const isRepeated = askedAt !== undefined && performance.now() - askedAt < ONE_REQUEST_MS;
      const isFirst = askedAt === undefined;
      askedAt ??= performance.now();
      if (isFirst && !stop.signal.aborted) return end(new Interrupted(signalName), signalName);
      if (isRepeated) return;
      const insists = post.isTerminal && signalName !== 'SIGHUP';
      const message = `${signalName} again: ${insists ? 'leaving at once, nothing more is undone' : 'still undoing'}`;
      reporter.tell({ type: 'log', level: 'info', message, facts: {} });
      if (insists) insistence.abort();
    },
    onBug: (error) => (stop.signal.aborted ? trouble(error) : end(error)),
  });
  await Promise.race([work(stop.signal).catch(trouble), insisted]);
  // What is left is writing the report: it takes no time and must not be torn.
  post.listen({ onSignal: () => {}, onBug: trouble });
}

/**
 * For a command without a report: a signal or a bug ends it in order, so that it takes everything back. On a terminal
 * a later signal leaves it behind.
 */
export function stoppable(
  isTerminal: boolean,
  leave: (signalName: StopSignal) => void,
): { readonly stop: AbortSignal; readonly alarms: Alarms } {
  const stop = new AbortController();
  let askedAt: number | undefined;
  return {
    stop: stop.signal,
    alarms: {
      onSignal(signalName) {
        const isLater = askedAt !== undefined && performance.now() - askedAt >= ONE_REQUEST_MS;
        askedAt ??= performance.now();
        stop.abort(new Interrupted(signalName));
        if (isLater && isTerminal && signalName !== 'SIGHUP') leave(signalName);
      },
      onBug: (error) => stop.abort(error),
    },
  };
}
