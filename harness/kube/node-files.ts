import { randomBytes } from 'node:crypto';
import { InfraError } from '../errors/errors.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { execReading } from '../ssh/read-again.ts';
import { brief } from './errors.ts';
import { MAX_KUBECONFIG_BYTES } from './local-files.ts';

/** A file of the node, whole. */
export interface NodeFile {
  readonly path: string;
  readonly text: string;
}

const READ_WITHIN_MS = 30_000;

/**
 * Reads the first of these files that can be read on the node, as the user of the connection or, where that is refused,
 * with a sudo that asks for nothing. `~/` is the user's home. Nothing is changed there.
 * @throws InfraError saying of each file why not.
 */
export async function readOnNode(scope: Scope, ssh: SshConnection, paths: readonly string[]): Promise<NodeFile> {
  const what = `read ${paths.join(', ')} on ${ssh.description}`;
  // Unguessable, so that nothing that a login prints can pass for a line of ours.
  const mark = `sevlane-${randomBytes(9).toString('hex')}`;
  const answer = await within(what, { scope, withinMs: READ_WITHIN_MS, blame: 'infra' }, (signal) =>
    // By standard input, so that it makes no difference which shell the user logs in with.
    execReading(ssh, 'sh -s', { stdin: readScript(paths, mark), signal, maxBytes: MAX_KUBECONFIG_BYTES }),
  );
  const parts = answer.stdout.split(new RegExp(`^${mark} `, 'm')).slice(1);
  const refusals: Refusal[] = [];
  for (const part of parts) {
    const [, verb, path = '', text = ''] = /^(\w+) ([^\n]*)\n([\s\S]*)$/.exec(part) ?? [];
    if (verb === 'file') return { path, text: text.replace(/\n$/, '') };
    if (verb === 'refused' || verb === 'sudo') refusals.push({ verb, path, said: text.trim() });
  }
  if (refusals.length > 0) throw unreadable(ssh, refusals);
  throw new InfraError(`${what}: the shell there gave no answer: ${brief(`${answer.stderr} ${answer.stdout}`)}`, {
    hint: 'look at what a login there runs, or give a local copy: --kubeconfig FILE',
  });
}

/** POSIX sh. What each attempt gave stands under a line `MARK VERB PATH`. */
function readScript(paths: readonly string[], mark: string): string {
  return [
    'LC_ALL=C; export LC_ALL',
    `for f in ${paths.map(quoted).join(' ')}; do`,
    `  if e=$(cat "$f" 2>&1 >/dev/null); then echo; echo "${mark} file $f"; cat "$f"; echo; echo "${mark} end"; exit 0; fi`,
    `  echo; echo "${mark} refused $f"; echo "$e"`,
    '  if echo "$e" | grep -q denied; then',
    `    if e=$(sudo -n cat "$f" 2>&1 >/dev/null); then echo; echo "${mark} file $f"; sudo -n cat "$f"; echo; echo "${mark} end"; exit 0; fi`,
    `    echo; echo "${mark} sudo $f"; echo "$e"`,
    '  fi',
    'done',
    `echo; echo "${mark} end"`,
    '',
  ].join('\n');
}

interface Refusal {
  readonly verb: 'refused' | 'sudo';
  readonly path: string;
  readonly said: string;
}

function unreadable(ssh: SshConnection, refusals: readonly Refusal[]): InfraError {
  const told = refusals
    .filter(({ verb }) => verb === 'refused')
    .map(({ path, said }) => {
      const sudo = refusals.find((other) => other.verb === 'sudo' && other.path === path);
      const seen = brief(said.replace(/^cat: /, '').replace(`${path}: `, '')) || 'no reason was given';
      return `${path}: ${seen}${sudo === undefined ? '' : `, and ${sudoSeen(sudo.said)}`}`;
    });
  const isClosed = refusals.some(({ verb }) => verb === 'sudo');
  return new InfraError(`${ssh.description}: cannot read ${told.join('; ')}`, {
    hint: isClosed
      ? 'log in as a user who may read it, let sudo run cat there without a password, or give a local copy: --kubeconfig FILE'
      : 'say where it is: --kubeconfig node:PATH, or give a local copy: --kubeconfig FILE',
  });
}

function sudoSeen(said: string): string {
  if (/password is required|askpass|a terminal is required|must have a tty/i.test(said))
    return 'sudo asks for a password';
  if (/not found|no such file/i.test(said)) return 'there is no sudo';
  if (/not (allowed|in the sudoers)|may not run/i.test(said)) return 'sudo does not allow it';
  return `sudo says: ${brief(said) || 'nothing'}`;
}

/** A word for sh; `~/` stays what it means. */
function quoted(path: string): string {
  if (path.startsWith('~/')) return `"$HOME"/${quoted(path.slice(2))}`;
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
