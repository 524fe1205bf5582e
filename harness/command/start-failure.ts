import { InfraError } from '../errors/errors.ts';

/** What Node says about a program that could not be started. */
interface Failure {
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
}

/** Says in words why a program could not be started. */
export function explainStart({ code, originalMessage }: Failure, what: string, cwd: string | undefined): InfraError {
  if (code === 'ENOENT') {
    const where = cwd === undefined ? '' : `, or the folder ${cwd} is absent`;
    return new InfraError(`${what}: there is no such program${where}`, {
      hint: 'install it, or put its folder on PATH',
    });
  }
  if (code === 'EACCES') return new InfraError(`${what}: it may not be executed`, { hint: 'look at its file mode' });
  if (code === 'E2BIG') return new InfraError(`${what}: its arguments are too long`);
  if (code === 'EAGAIN') {
    return new InfraError(`${what}: no further process may be started`, { hint: 'look at ulimit -u and pids.max' });
  }
  return new InfraError(`${what}: cannot be started: ${originalMessage ?? code ?? 'no reason was given'}`);
}
