import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings } from '../../harness/config/resolve.ts';
import type { RunConfig } from '../../harness/config/run-config.ts';
import { doctor } from '../../harness/doctor/doctor.ts';
import type { CheckResult } from '../../harness/model/check.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import type { Host } from '../../harness/model/host.ts';
import { PROVIDERS } from '../../providers/index.ts';

/** The settings of a run with these flags. */
export function configOf(argv: readonly string[]): RunConfig {
  const resolution = resolveSettings({
    argv: ['--provider', 'mock', ...argv],
    env: {},
    workingFolder: tmpdir(),
    providers: PROVIDERS,
    isProof: true,
  });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  return resolution.config;
}

/** Examines this host as `sevlane doctor` does, and gives its checks by id and everything that was told. */
export async function examined(
  host: Host,
  argv: readonly string[] = [],
): Promise<{ readonly checks: ReadonlyMap<string, CheckResult>; readonly events: readonly RunEvent[] }> {
  const events: RunEvent[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'sevlane-doctor-'));
  try {
    await doctor({
      config: configOf(argv),
      provider: { name: 'test', simulated: true, acquire: async () => host },
      surroundings: {},
      runId: '20260101000000-aaaaaa',
      runDir: join(folder, 'run'),
      artifacts: folder,
      job: {},
      sink: (event) => void events.push(event),
      stop: new AbortController().signal,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const rows = events.flatMap((event) => (event.type === 'check' ? [event.result] : []));
  return { checks: new Map(rows.map((row) => [row.id, row])), events };
}
