import type { Readable } from 'node:stream';
import type { GuestSystem, Outcome } from '../../console/program.ts';
import { runProgram } from '../../console/programs.ts';
import { parseLine, SyntaxProblem } from '../../console/shell-syntax.ts';
import type { ExecHandler, ExecStreams } from './program.ts';

/** A program that only this container has. Undefined: it is not mine. */
export type ExtraProgram = (argv: readonly string[], stdin: string) => Outcome | undefined;

/** Answers execs with the ordinary programs (cat, echo, grep, sh -c …) over the container's files, and with its own. */
export function containerShell(system: GuestSystem, extra: ExtraProgram, user: string): ExecHandler {
  const one = (argv: readonly string[], stdin: string): Outcome | undefined =>
    extra(argv, stdin) ?? runProgram(argv, { system, user, cwd: '/', stdin, toTerminal: false });
  const script = (line: string): Outcome => {
    let out = '';
    let err = '';
    let status = 0;
    const variable = (name: string) => (name === '?' ? String(status) : '');
    try {
      for (const { after, calls } of parseLine(line, variable)) {
        if (after !== 'always' && (after === 'success') !== (status === 0)) continue;
        let stdin = '';
        for (const call of calls) {
          const name = call.argv[0] ?? '';
          const missing = { out: '', err: `sh: line 1: ${name}: command not found\n`, status: 127 };
          const outcome = one(call.argv, stdin) ?? missing;
          if (call.stderr === 'tty') err += outcome.err;
          const both = call.stderr === 'stdout' ? outcome.err + outcome.out : outcome.out;
          stdin = call.stdout === 'null' ? '' : both;
          status = outcome.status;
        }
        out += stdin;
      }
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      return { out, err: `${err}sh: -c: line 1: ${error.message}\n`, status: 2 };
    }
    return { out, err, status };
  };
  return async (command, streams) => {
    const [name = '', ...args] = command;
    if (/^(\/bin\/)?(ba)?sh$/.test(name)) {
      const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
      return finish(script(at >= 0 ? (args[at + 1] ?? '') : await everything(streams.stdin, streams.signal)), streams);
    }
    const reads = name === 'cat' && args.length === 0;
    const outcome = one(command, reads ? await everything(streams.stdin, streams.signal) : '');
    return outcome === undefined ? undefined : finish(outcome, streams);
  };
}

function finish({ out, err, status }: Outcome, { stdout, stderr }: ExecStreams): number {
  if (out !== '') stdout.write(out);
  if (err !== '') stderr.write(err);
  return status;
}

async function everything(stdin: Readable, signal: AbortSignal): Promise<string> {
  let text = '';
  const stop = () => stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) text += String(chunk);
  } catch {
    // The client has gone.
  }
  signal.removeEventListener('abort', stop);
  return text;
}
