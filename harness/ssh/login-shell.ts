import { randomBytes } from 'node:crypto';
import { InfraError } from '../errors/errors.ts';
import type { ExecResult } from './connection.ts';

/** How commands have to be put to the login shell of a user so that they come back as they are. */
export interface LoginShell {
  /** Whether it reads POSIX sh. fish and csh do not. */
  readonly isPosix: boolean;
  /** It says something before every command, as a banner in ~/.bashrc does. */
  readonly isNoisy: boolean;
  /** Stands before what the command itself says; nobody can guess it. */
  readonly mark: string;
}

/** A word that neither a banner nor a file can hold. */
export function newMark(): string {
  return `sevlane-${randomBytes(9).toString('hex')}`;
}

/** Asks the shell to add, which only a POSIX one does. */
export function posixProbe(mark: string): string {
  return `echo ${mark} $((6*7)); echo ${mark} >&2`;
}

/** Asks any shell that runs programs at all. */
export function anyShellProbe(mark: string): string {
  return `exec /bin/sh -c 'echo ${mark} 42; echo ${mark} >&2'`;
}

/** What the answer to a probe shows; undefined when the mark is not in it. */
export function readProbe({ stdout, stderr }: ExecResult, mark: string, isPosix: boolean): LoginShell | undefined {
  const at = stdout.indexOf(`${mark} 42\n`);
  if (at < 0) return undefined;
  return { isPosix, mark, isNoisy: at > 0 || stderr.indexOf(mark) > 0 };
}

/** What to do about a command that says more than anybody asked for. */
export const TOO_TALKATIVE =
  "look at what the user's login prints before every command: ~/.bashrc, ~/.profile, ForceCommand in sshd_config; it should be silent without a terminal";

/** The error for a user whose login runs something else than what is asked for: nologin, ForceCommand, sudo, a menu. */
export function noShell(what: string, { code, stdout, stderr }: ExecResult): InfraError {
  const isSudo = SUDO_ASKS.test(`${stdout} ${stderr}`);
  return new InfraError(
    `${what}: the login does not run the commands that it is given: asked for an echo, it said ${shown(stdout, stderr)} and ended with ${code}`,
    {
      hint: isSudo
        ? "sudo stands in the user's login and asks for a password, which nobody can type here: let it run without one (NOPASSWD in sudoers), or take sudo out of the login shell, ForceCommand or command="
        : "look at the user's login shell, at ForceCommand in sshd_config and at command= in authorized_keys",
    },
  );
}

/** Source: the messages of sudo 1.8 and 1.9. */
const SUDO_ASKS = /sudo: .*(password is required|askpass|terminal is required|must have a tty)/i;
const LONGEST_SAID = 80;

/** What a person can read of it: a binary stream is counted, not shown. */
function shown(stdout: string, stderr: string): string {
  const all = `${stdout} ${stderr}`;
  // What was no UTF-8 stands here as U+FFFD.
  const strange = all.match(/(?!\s)[\p{C}\uFFFD]/gu)?.length ?? 0;
  if (strange * 10 > all.length) return `output that is not text (about ${sizeOf(stdout) + sizeOf(stderr)} bytes)`;
  const said = all
    .replace(/[^\P{C}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (said === '') return 'nothing';
  return `"${said.length > LONGEST_SAID ? `${said.slice(0, LONGEST_SAID)}...` : said}"`;
}

/** What was no UTF-8 was mostly one byte, and takes three as U+FFFD. */
function sizeOf(text: string): number {
  return Buffer.byteLength(text.replaceAll('\uFFFD', '?'));
}

/** The command as it must be sent. */
export function wrapCommand({ isPosix, isNoisy, mark }: LoginShell, command: string): string {
  const marked = isNoisy ? `echo; echo ${mark}; echo >&2; echo ${mark} >&2\n${command}` : command;
  return isPosix ? marked : `exec /bin/sh -c 'eval "$(printf %b "${encoded(marked)}")"'`;
}

/** What the command itself said. */
export function unwrapResult({ isNoisy, mark }: LoginShell, result: ExecResult): ExecResult {
  if (!isNoisy) return result;
  return { ...result, stdout: after(mark, result.stdout), stderr: after(mark, result.stderr) };
}

function after(mark: string, text: string): string {
  const line = `\n${mark}\n`;
  const at = text.indexOf(line);
  return at < 0 ? text : text.slice(at + line.length);
}

/** Only characters that no shell gives a meaning, within double quotes within single ones. */
function encoded(command: string): string {
  return [...Buffer.from(command)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w ./,:=+@-]/.test(character) ? character : `\\0${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}
