import mocha from 'mocha';

const { EVENT_RUN_END, EVENT_TEST_RETRY } = mocha.Runner.constants;

/**
 * Mocha's own report, and what had to be tried twice. At a landing a test that drives a dozen processes gets a second
 * try, because the machine is not ours alone; that it needed one is told, with what failed, and is to be looked into.
 */
// biome-ignore lint/style/noDefaultExport: mocha loads it so
export default class LandingReporter extends mocha.reporters.Spec {
  constructor(runner: mocha.Runner, options: mocha.MochaOptions) {
    super(runner, options);
    const retried: string[] = [];
    runner.on(EVENT_TEST_RETRY, (test: mocha.Test, error: Error) => {
      retried.push(`  ${test.fullTitle()}\n    ${error.message.split('\n').slice(0, 8).join('\n    ')}`);
    });
    runner.once(EVENT_RUN_END, () => {
      if (retried.length === 0) return;
      mocha.reporters.Base.consoleLog(`flaky: failed at the first try\n${retried.join('\n')}\n`);
    });
  }
}
