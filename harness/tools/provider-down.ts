import { readFile, rm } from 'node:fs/promises';
import { isAlive } from '../command/process-state.ts';
import { InfraError } from '../errors/errors.ts';
import type { OwnProcess } from '../model/own-process.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { ToolInput } from './command.ts';
import { isOurScript } from './provider-script.ts';
import { type ProviderFolder, readRecord, removeFolders, removeTraces, type TunnelRecord } from './tunnel-record.ts';

const GOODBYE_MS = 30_000;

/** Ends the tunnel in the background and takes its files away; nothing to do is no mistake. */
export async function takeDown(scope: Scope, files: ProviderFolder, { own, terminal }: ToolInput): Promise<number> {
  const record = await readRecord(files.record);
  const wasUp = record !== undefined && isAlive(record, own);
  if (wasUp) await endTunnel(scope, record, own);
  await removeTraces(files, record, own);
  const script = await readFile(files.script, 'utf8').catch(() => '');
  if (isOurScript(script)) await rm(files.script, { force: true });
  await removeFolders(files, record);
  terminal.stdout.write(wasUp ? `down: the tunnel of process ${record.pid} has ended\n` : 'down: no tunnel was up\n');
  return 0;
}

/** Lets a tunnel say goodbye. @throws InfraError when it does not even end by force. */
export async function endTunnel(scope: Scope, record: TunnelRecord, own: OwnProcess): Promise<void> {
  const gone = async (withinMs: number) => {
    const limits = { scope, withinMs, everyMs: 50, blame: 'infra' as const };
    await until(`tunnel of process ${record.pid} ended`, limits, async () =>
      isAlive(record, own) ? { done: false, saw: 'it is still there' } : { done: true, value: undefined },
    );
  };
  own.kill(record.pid, 'SIGTERM');
  try {
    await gone(GOODBYE_MS);
  } catch (error) {
    if (!(error instanceof InfraError) || scope.signal.aborted) throw error;
    // Its watcher takes away what it can no longer.
    own.kill(record.pid, 'SIGKILL');
    await gone(GOODBYE_MS);
  }
}
