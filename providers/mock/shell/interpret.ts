import { findBuiltin } from './builtins.ts';
import { type Ending, tellSyntaxProblem, untilEnd } from './ending.ts';
import type { Call, Shell, Streams } from './environment.ts';
import { subshell } from './environment.ts';
import { expandText, expandWords } from './expand.ts';
import { LeaveFunction, LeaveLoop, LeaveShell } from './leave.ts';
import { endless, lineByLine, runLoop } from './loops.ts';
import { parseScript } from './parse.ts';
import { findProgram } from './programs.ts';
import { redirected } from './redirect.ts';
import {
  type AndOr,
  type Body,
  type Command,
  type Pipeline,
  type Script,
  type Simple,
  SyntaxProblem,
} from './syntax.ts';

/** Runs a script to its end and gives its exit status. @throws the signal's reason when it is killed. */
export async function runScript(text: string, shell: Shell, streams: Streams): Promise<number> {
  return (await runLine(text, shell, streams)).status;
}

/** Runs what was typed at a prompt. @throws the signal's reason when it is killed. */
export async function runLine(text: string, shell: Shell, streams: Streams): Promise<Ending> {
  return await untilEnd(shell, streams, async () => {
    try {
      await runList(parseScript(text), shell, streams);
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      tellSyntaxProblem(error, text, shell, streams);
      shell.status = 2;
    }
  });
}

/** Runs one command whose words are worked out already. @throws the signal's reason when it is killed. */
export async function runWords(words: readonly string[], shell: Shell, streams: Streams): Promise<number> {
  const { status } = await untilEnd(shell, streams, async () => {
    shell.status = await call(words, shell, streams);
  });
  return status;
}

async function runList(script: Script, shell: Shell, streams: Streams, isCondition = false): Promise<void> {
  for (const andOr of script) await runAndOr(andOr, shell, streams, isCondition);
}

async function runAndOr({ first, rest }: AndOr, shell: Shell, streams: Streams, isCondition: boolean): Promise<void> {
  let last = first;
  await runPipeline(first, shell, streams);
  let ranLast = rest.length === 0;
  for (const [index, { operator, pipeline }] of rest.entries()) {
    if ((operator === '&&') !== (shell.status === 0)) continue;
    last = pipeline;
    await runPipeline(pipeline, shell, streams);
    ranLast = index === rest.length - 1;
  }
  const fatal = shell.status !== 0 && ranLast && !last.negated && !isCondition;
  if (fatal && shell.options.has('errexit')) throw new LeaveShell(shell.status);
}

async function runPipeline({ negated, commands }: Pipeline, shell: Shell, streams: Streams): Promise<void> {
  const [only] = commands;
  if (commands.length === 1 && only !== undefined) await runCommand(only, shell, streams);
  else await runPipe(commands, shell, streams);
  if (negated) shell.status = shell.status === 0 ? 1 : 0;
}

/** One after the other, each with what the one before printed: nothing here goes on for ever but sleep. */
async function runPipe(commands: readonly Command[], shell: Shell, streams: Streams): Promise<void> {
  let { stdin } = streams;
  let failure = 0;
  for (const [index, command] of commands.entries()) {
    const isLast = index === commands.length - 1;
    const printed: string[] = [];
    const out = isLast ? streams.out : (text: string) => void printed.push(text);
    const inner = subshell(shell);
    const status = await inSubshell(inner, () => runCommand(command, inner, { ...streams, stdin, out }));
    if (status !== 0) failure = status;
    stdin = async () => printed.join('');
    shell.status = status;
  }
  if (shell.options.has('pipefail')) shell.status = failure;
}

async function inSubshell(shell: Shell, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return shell.status;
  } catch (error) {
    if (error instanceof LeaveShell) return error.status;
    throw error;
  }
}

async function runCommand({ body, redirections }: Command, shell: Shell, streams: Streams): Promise<void> {
  shell.signal.throwIfAborted();
  const capture = capturing(shell, streams);
  const inner = await redirected(redirections, streams, {
    machine: shell.machine,
    expand: (word) => expandText(word, shell, capture),
    cwd: shell.cwd,
  });
  if ('problem' in inner) {
    streams.err(`${shell.self}: ${inner.problem}\n`);
    shell.status = 1;
    return;
  }
  await runBody(body, shell, inner);
}

async function runBody(body: Body, shell: Shell, streams: Streams): Promise<void> {
  switch (body.kind) {
    case 'simple':
      return await runSimple(body, shell, streams);
    case 'group': {
      if (!body.subshell) return await runList(body.body, shell, streams);
      const inner = subshell(shell);
      shell.status = await inSubshell(inner, () => runList(body.body, inner, streams));
      return;
    }
    case 'function':
      shell.functions.set(body.name, body.body);
      shell.status = 0;
      return;
    case 'if':
      return await runIf(body, shell, streams);
    case 'for': {
      shell.status = 0;
      const items = await expandWords(body.words, shell, capturing(shell, streams));
      await runLoop(items.values(), async (item) => {
        shell.variables.set(body.variable, item);
        await runList(body.body, shell, streams);
      });
      return;
    }
    case 'while':
      return await runWhile(body, shell, streams);
  }
}

async function runIf(body: Extract<Body, { kind: 'if' }>, shell: Shell, streams: Streams): Promise<void> {
  for (const branch of body.branches) {
    await runList(branch.condition, shell, streams, true);
    if (shell.status === 0) return await runList(branch.body, shell, streams);
  }
  shell.status = 0;
  if (body.otherwise !== undefined) await runList(body.otherwise, shell, streams);
}

async function runWhile(body: Extract<Body, { kind: 'while' }>, shell: Shell, streams: Streams): Promise<void> {
  let status = 0;
  // Lines are shared by all rounds, as the file behind a real descriptor would be.
  const shared = { ...streams, stdin: lineByLine(streams.stdin) };
  await runLoop(endless(), async () => {
    await runList(body.condition, shell, shared, true);
    if ((shell.status === 0) === body.until) throw new LeaveLoop('break');
    await runList(body.body, shell, shared);
    status = shell.status;
    // Lets a kill through, also when the body never waits.
    await new Promise((resolve) => setImmediate(resolve));
    shell.signal.throwIfAborted();
  });
  shell.status = status;
}

async function runSimple({ assignments, words }: Simple, shell: Shell, streams: Streams): Promise<void> {
  let substituted = 0;
  const plainCapture = capturing(shell, streams);
  const capture = async (script: Script) => {
    const printed = await plainCapture(script);
    substituted = shell.status;
    return printed;
  };
  const fields = await expandWords(words, shell, capture);
  const before = new Map(shell.variables);
  for (const [name, word] of assignments) shell.variables.set(name, await expandText(word, shell, capture));
  // `x=$(false)` fails as the substitution does.
  if (fields.length === 0) shell.status = substituted;
  else {
    shell.status = await call(fields, shell, streams);
    // `IFS= read x`: what was assigned before a command is gone after it.
    for (const [name] of assignments) restore(shell.variables, name, before.get(name));
  }
}

function restore(variables: Map<string, string>, name: string, value: string | undefined): void {
  if (value === undefined) variables.delete(name);
  else variables.set(name, value);
}

async function call(words: readonly string[], shell: Shell, streams: Streams): Promise<number> {
  const [name = '', ...args] = words;
  const body = shell.functions.get(name);
  if (body !== undefined) return await callFunction(body, args, shell, streams);
  const one: Call = { ...streams, name, args, shell, run: call, script: runScript };
  const program = findBuiltin(name) ?? findProgram(name, shell.machine);
  if (program !== undefined) return await program(one);
  const missing = name.includes('/') ? 'No such file or directory' : 'command not found';
  streams.err(`${shell.self}: ${name}: ${missing}\n`);
  return 127;
}

/** bash would go on until its stack ends. */
const DEEPEST = 200;

async function callFunction(body: Command, args: readonly string[], shell: Shell, streams: Streams): Promise<number> {
  if (shell.depth >= DEEPEST) {
    streams.err(`${shell.self}: maximum function nesting level exceeded (${DEEPEST})\n`);
    return 1;
  }
  const outer = shell.positional;
  shell.positional = args;
  shell.depth += 1;
  try {
    await runCommand(body, shell, streams);
  } catch (error) {
    if (!(error instanceof LeaveFunction)) throw error;
    shell.status = error.status;
  } finally {
    shell.positional = outer;
    shell.depth -= 1;
  }
  return shell.status;
}

function capturing(shell: Shell, streams: Streams): (script: Script) => Promise<string> {
  return async (script) => {
    const printed: string[] = [];
    const inner = subshell(shell);
    const out = (text: string) => void printed.push(text);
    shell.status = await inSubshell(inner, () => runList(script, inner, { ...streams, out }));
    return printed.join('');
  };
}
