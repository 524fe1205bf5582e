import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';
import { toFinding } from '../errors/blame.ts';
import type { PlannedCase } from '../model/result.ts';
import type { GuestKind } from '../model/technology.ts';
import type { Scope } from '../scope/scope.ts';
import { caseOf, type HungCase, type Lane } from './guest-cases.ts';

/** Which of the declared cases are wanted. */
export interface Selection {
  readonly kinds: readonly GuestKind[];
  readonly labels: (labels: readonly string[]) => boolean;
  readonly focus?: RegExp;
  readonly skip?: RegExp;
}

/** The suites as mocha loaded them. */
export interface Suites {
  /** The wanted cases in the order in which they would run. */
  plan(selection: Selection): readonly PlannedCase[];
  /** Runs the wanted cases. Resolves when all are through or the scope has ended. */
  run(selection: Selection, lane: Lane, scope: Scope): Promise<void>;
}

/** The lane's events are the report: mocha itself says nothing. */
class SilentReporter extends Mocha.reporters.Base {
  override epilogue(): void {}
}

/**
 * Loads every compiled file of the suites folder. Once a process: modules are evaluated only once. Mocha's own clock
 * is off: it would report a timeout and leave the body running beside the next test; ours bound every case.
 */
export async function loadSuites(folder = new URL('../../suites/', import.meta.url)): Promise<Suites> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 0, color: false, reporter: SilentReporter });
  mocha.cleanReferencesAfterRun(false);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.js')).sort();
  for (const file of files) mocha.addFile(fileURLToPath(new URL(file, folder)));
  await mocha.loadFilesAsync();
  return {
    plan: (selection) => testsOf(mocha.suite).flatMap(({ hung }) => (wanted(hung, selection) ? [hung.planned] : [])),
    run: (selection, lane, scope) => runMocha(mocha, selection, lane, scope),
  };
}

async function runMocha(mocha: Mocha, selection: Selection, lane: Lane, scope: Scope): Promise<void> {
  mocha.grep(wantedTitles(mocha, selection));
  mocha.suite.ctx.lane = lane;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    const stop = () => void runner.abort();
    if (scope.signal.aborted) stop();
    scope.signal.addEventListener('abort', stop, { once: true });
    // The lane tells how its cases ended; what fails outside of them (a hook) is nobody's case.
    runner.on('fail', (test: Mocha.Runnable, error) => {
      if (caseOf(test) === undefined)
        scope.emit({ type: 'trouble', finding: toFinding(error, `hook ${test.fullTitle()}`) });
    });
    runner.once('end', () => scope.signal.removeEventListener('abort', stop));
  });
}

function wanted({ planned, kind }: HungCase, { kinds, labels, focus, skip }: Selection): boolean {
  if (!kinds.includes(kind) || !labels(planned.labels)) return false;
  return (focus?.test(planned.title) ?? true) && !(skip?.test(planned.title) ?? false);
}

function testsOf(suite: Mocha.Suite): readonly { readonly test: Mocha.Test; readonly hung: HungCase }[] {
  const own = suite.tests.flatMap((test) => {
    const hung = caseOf(test);
    return hung === undefined ? [] : [{ test, hung }];
  });
  return [...own, ...suite.suites.flatMap(testsOf)];
}

/** Matches the whole titles of the wanted tests and nothing else; mocha runs no hook of a suite that has none of them. */
function wantedTitles(mocha: Mocha, selection: Selection): RegExp {
  const titles = testsOf(mocha.suite).flatMap(({ test, hung }) => (wanted(hung, selection) ? [test.fullTitle()] : []));
  return new RegExp(`^(?:${titles.map((title) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`);
}
