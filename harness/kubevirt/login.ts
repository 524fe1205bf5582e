import { randomUUID } from 'node:crypto';
import { ProductFailure } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { type Console, openConsole } from '../kube/console.ts';
import type { Scope } from '../scope/scope.ts';

/** How to talk to the guest at its serial console. */
export interface Dialogue {
  readonly user: string;
  readonly password: string;
  readonly loginPrompt: RegExp;
  readonly passwordPrompt: RegExp;
  readonly shellPrompt: RegExp;
  /** Prints the kernel's log since boot. */
  readonly kernelLogCommand: string;
  /** From the open console to the shell: the guest may still boot. */
  readonly loginMs: number;
}

/** A shell in the guest. */
export interface Session {
  /** Runs a command and gives what it printed. @throws ProductFailure when it fails or does not end. */
  run(command: string): Promise<string>;
  readonly transcript: string;
  close(): Promise<void>;
}

interface GuestConsole {
  readonly namespace: string;
  readonly name: string;
  /** For messages: `SEV guest`. */
  readonly guest: string;
  /** Gets, as soon as the console is open, what tells everything that was said: a failed dialogue is evidence too. */
  readonly overhear?: (transcript: () => string) => void;
}

/** Nothing that was said before we came is repeated, and a getty that starts throws away what was typed: ask again. */
const NUDGE_EVERY_MS = 5000;
/** More rounds than any real dialogue has; a guest that asks for ever is broken. */
const MOST_ROUNDS = 10;
const COMMAND_MS = 60_000;
const SILENCE = { prompt: 'silence', line: '' } as const;
/** A getty asks for the password at once, unless it has thrown the name away. */
const ANSWER_MS = 10_000;

/**
 * Opens the guest's serial console and logs in, whatever state the terminal is in.
 * @throws ProductFailure when the guest is silent, refuses the login or never gives a shell.
 */
export async function logIn(
  scope: Scope,
  client: KubeClient,
  place: GuestConsole,
  dialogue: Dialogue,
): Promise<Session> {
  const console = await openConsole(scope, client, place);
  place.overhear?.(() => console.transcript);
  const endsAt = scope.clock.nowMs + dialogue.loginMs;
  const leftMs = () => Math.max(1, Math.ceil(endsAt - scope.clock.nowMs));
  const nudge = setInterval(() => console.send('\n'), NUDGE_EVERY_MS);
  try {
    console.send('\n');
    await reachShell(console, { place, dialogue, leftMs, stopNudging: () => clearInterval(nudge) });
    return session(console, place, dialogue);
  } catch (error) {
    clearInterval(nudge);
    await console.close();
    throw error;
  } finally {
    clearInterval(nudge);
  }
}

interface Dialling {
  readonly place: GuestConsole;
  readonly dialogue: Dialogue;
  readonly leftMs: () => number;
  readonly stopNudging: () => void;
}

type Prompt = 'shell' | 'login' | 'password' | 'refusal' | 'panic';

/** What came, and the line that it came with. */
interface Heard {
  readonly prompt: Prompt;
  readonly line: string;
}

/**
 * A terminal may be left in any state by a dialogue before ours, that of a run or of our own before a cut: a password
 * that is asked for before we gave a name, and a refusal of what we did not type, are not meant for us.
 */
async function reachShell(console: Console, dialling: Dialling): Promise<void> {
  const { place, dialogue, leftMs, stopNudging } = dialling;
  let typed: 'nothing' | 'name' | 'password' = 'nothing';
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const heard: Heard | typeof SILENCE =
      typed === 'name'
        ? await answerToName(console, dialogue, leftMs())
        : await nextPrompt(console, dialogue, leftMs());
    const { line } = heard;
    const prompt: Prompt | 'silence' = heard.prompt;
    stopNudging();
    if (prompt === 'shell') return;
    const isOurs: boolean = prompt === 'password' ? typed === 'name' : typed === 'password';
    typed = prompt === 'login' ? 'name' : prompt === 'password' && isOurs ? 'password' : 'nothing';
    if (prompt === 'login') console.send(`${dialogue.user}\n`);
    if (prompt === 'password') console.send(isOurs ? `${dialogue.password}\n` : '\n');
    if (prompt === 'silence') console.send('\n');
    if (prompt === 'panic')
      throw new ProductFailure(`${place.guest}: its kernel panicked: ${line}`, {
        hint: 'read console.txt of the case',
      });
    if (prompt === 'refusal' && isOurs)
      throw new ProductFailure(`${place.guest}: refuses the login of ${dialogue.user}`, {
        hint: 'check --guest-user and --guest-password against the image',
      });
  }
  throw new ProductFailure(`${place.guest}: no shell after ${MOST_ROUNDS} rounds of login and password`);
}

/**
 * What follows the name. A second login prompt is no answer: our own line feeds have asked for it before, and a name
 * typed there again would be taken for the password.
 */
async function answerToName(console: Console, dialogue: Dialogue, leftMs: number): Promise<Heard | typeof SILENCE> {
  try {
    return await nextPrompt(console, dialogue, Math.min(leftMs, ANSWER_MS), ['shell', 'password', 'refusal', 'panic']);
  } catch (error) {
    if (error instanceof ProductFailure && leftMs > ANSWER_MS) return SILENCE;
    throw error;
  }
}

async function nextPrompt(
  console: Console,
  { shellPrompt, loginPrompt, passwordPrompt }: Dialogue,
  withinMs: number,
  among: readonly Prompt[] = ['shell', 'login', 'password', 'refusal', 'panic'],
): Promise<Heard> {
  const refusal = /Login incorrect/;
  const panic = /Kernel panic - not syncing.*/;
  const looks = { shell: shellPrompt, login: loginPrompt, password: passwordPrompt, refusal, panic };
  const patterns = among.map((prompt) => looks[prompt]);
  const { index, match } = await console.expect(patterns, { withinMs, goal: 'a shell' });
  return { prompt: among[index] ?? 'refusal', line: match[0].trim() };
}

function session(console: Console, { guest }: GuestConsole, dialogue: Dialogue): Session {
  // What a command of an earlier dialogue still prints must not be taken for an answer in this one.
  const own = randomUUID().slice(0, 8);
  let count = 0;
  return {
    async run(command) {
      count += 1;
      // The quotes keep the typed line, which the terminal echoes, from matching what the shell prints.
      const mark = (word: string) => `sevlane-${word}-${own}-${count}`;
      const typed = (word: string) => `sevlane-''${word}-${own}-${count}`;
      const wait = (pattern: RegExp) =>
        console.expect([pattern], { withinMs: COMMAND_MS, goal: `the end of "${command}"` });
      console.send(`echo ${typed('begin')}; ${command}; echo ${typed('end')} $?\n`);
      await wait(new RegExp(`^${mark('begin')}$`, 'm'));
      const { before, match } = await wait(new RegExp(`^${mark('end')} (\\d+)$`, 'm'));
      await console.expect([dialogue.shellPrompt], {
        withinMs: COMMAND_MS,
        goal: `the prompt after "${command}"`,
      });
      if (match[1] !== '0')
        throw new ProductFailure(`${guest}: "${command}" ended with ${match[1]}: ${before.trim().slice(-200)}`);
      return `${before.trim()}\n`;
    },
    get transcript() {
      return console.transcript;
    },
    close: () => console.close(),
  };
}
