import { toFinding } from '../errors/blame.ts';
import type { CheckResult } from '../model/check.ts';
import type { SshTarget } from '../model/host.ts';
import { route } from '../ssh/hop.ts';
import { wayTo } from '../ssh/host-key-commands.ts';
import { shellWord } from '../ssh/shell-word.ts';
import { type Check, fatal, judgeAll, ok, unread } from './check.ts';
import type { Unread } from './cluster/reading.ts';

/** How the attempt to reach the node over SSH ended, or why there was none. */
export type ConnectionOutcome = { readonly description: string } | { readonly error: unknown } | Unread;

const CHECK: Check<{ readonly outcome: ConnectionOutcome; readonly target: SshTarget | undefined }> = {
  id: 'ssh-connection',
  group: 'host',
  title: 'the node lets us in over SSH',
  expected: 'a host key that known_hosts vouches for, and a key or password that the node accepts',
  why: 'all traffic of the lane, the API too, goes through this connection',
  judge({ outcome, target }) {
    const from = 'the SSH connection';
    if ('unread' in outcome) return unread(outcome.unread, from, outcome.action);
    if ('description' in outcome) return ok(outcome.description, from);
    const { message, hint } = toFinding(outcome.error, 'connect');
    const byHand =
      target === undefined
        ? undefined
        : `try it by hand: ${['ssh', '-v', ...wayTo(hostsTo(target))].map(shellWord).join(' ')}`;
    return fatal(message, from, hint ?? byHand ?? 'mend what the message names');
  },
};

/** The row of the connection itself: everything about host and cluster comes after it. */
export function connectionRows(outcome: ConnectionOutcome, target?: SshTarget): readonly CheckResult[] {
  return judgeAll([CHECK], { outcome, target });
}

function hostsTo(target: SshTarget): readonly SshTarget[] {
  return route(target).map((hop) => hop.target);
}

/** How the question about the host ended: `read`, or why not, and whether anybody asked. */
export type HostOutcome = 'read' | (Unread & { readonly wasAsked: boolean });

const COMMANDS: Check<HostOutcome> = {
  id: 'host-commands',
  group: 'host',
  title: 'the node runs the command that reads the host',
  expected: 'a session, a login shell that runs what it is told, and its whole answer within --probe-timeout',
  why: 'a run reads the host before anything else, and ends where it gets no answer',
  judge(outcome) {
    const from = 'the probe of the node';
    if (outcome === 'read') return ok('it answered', from);
    return outcome.wasAsked
      ? fatal(outcome.unread, from, outcome.action)
      : unread(outcome.unread, from, outcome.action);
  },
};

/** The row of the probe itself: everything about the host comes out of it. */
export function commandRows(outcome: HostOutcome): readonly CheckResult[] {
  return judgeAll([COMMANDS], outcome);
}
