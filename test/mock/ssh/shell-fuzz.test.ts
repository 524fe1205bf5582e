// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scripts are full of them
import { expect } from 'chai';
import fc from 'fast-check';
import { clockAt } from '../../../providers/mock/clock.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';
import { direct } from '../../../providers/mock/scenario/direct.ts';
import { Killed } from '../../../providers/mock/ssh/host-shell.ts';
import { openHostShell } from '../../../providers/mock/ssh/shell.ts';

const PIECES = [
  ...['echo', 'cat', 'grep', 'sed', 'head', 'true', 'false', 'test', '[', ']', 'x=1', 'for', 'in', 'do', 'done', 'if'],
  ...['then', 'fi', 'while', '{', '}', '(', ')', '|', '||', '&&', ';', '\n', '>', '2>&1', '<', '<<E', 'E', '$(', '`'],
  ...["'", '"', '\\', '$x', '${x}', '${', '$((', '))', '*', '/proc/*', '~', '-n', '-c', '--', '2>/dev/null', 'a', '1'],
  ...['printf', '%s', '%5d', 'cut', 'tr', 'sort', 'xargs', 'set', '-e', 'exit', 'f()', 'ls', 'stat', 'bash', 'read'],
];

describe('the shell of a simulated host, given anything', () => {
  it('always comes to an end with an exit code, and never with a bug', async function () {
    this.timeout(20_000);
    const script = fc.array(fc.constantFrom(...PIECES, ' ', ' '), { maxLength: 14 }).map((words) => words.join(' '));
    await fc.assert(
      fc.asyncProperty(fc.oneof(script, fc.string({ unit: 'grapheme', maxLength: 20 })), async (text) => {
        const { exit, stderr } = await run(text);
        expect(exit).to.satisfy((end: object) => 'code' in end || 'signal' in end);
        expect(stderr).not.to.match(
          /TypeError|RangeError|ReferenceError|Cannot read|is not a function|Maximum call|^bash: Invalid/,
        );
      }),
      { numRuns: 600 },
    );
  });
});

async function run(script: string) {
  const stop = new AbortController();
  const clock = clockAt(1_000_000);
  const scenario = { name: 'test', description: 'x', faults: [] };
  const director = direct(scenario, { seed: 1, clock, signal: stop.signal });
  const shell = openHostShell({ user: 'root', profile: HOST_PROFILES.milan, director, clock });
  let stderr = '';
  let printed = 0;
  const exit = await shell.run(script, {
    stdin: async () => '',
    // A loop without end is a fair script; what it prints is enough to stop it by.
    stdout: (text) => {
      printed += text.length;
      if (printed > 1_000_000) stop.abort(new Killed('PIPE'));
    },
    stderr: (text) => {
      stderr += text;
      if (stderr.length > 100_000) stop.abort(new Killed('PIPE'));
    },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(500)]),
  });
  return { exit, stderr };
}
