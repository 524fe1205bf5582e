import { randomBytes } from 'node:crypto';
import { openPatient } from '../reports/doctor-patient.ts';
import { doctorJson } from '../reports/doctor-report.ts';
import { doctorText } from '../reports/doctor-text.ts';
import { type Alarms, guarded } from '../reports/guard.ts';
import type { Progress } from '../reports/progress/progress.ts';
import { writeDoctorFiles } from '../reports/write.ts';
import { prowLimits } from './config/prow.ts';
import type { Resolution } from './config/resolve.ts';
import { doctor } from './doctor/doctor.ts';
import type { Redactor } from './evidence/redact.ts';
import type { OwnProcess } from './model/own-process.ts';
import type { ProviderFactory, Surroundings, Terminal } from './provider/contract.ts';
import { runFolder } from './run-folder.ts';

/** What main knows when `sevlane doctor` begins on settings that are in order. */
export interface DoctorCall {
  readonly resolution: Resolution & { readonly ok: true };
  readonly factory: ProviderFactory;
  readonly surroundings: Surroundings & { readonly own: OwnProcess };
  readonly redactor: Redactor;
  readonly terminal: Terminal;
  readonly progress: Progress;
  readonly listen: (alarms: Alarms) => void;
}

/** As a run would begin, but every step is a look. The text for stdout, and exit 3 when something would stop a run. */
export async function examineNode(call: DoctorCall): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { resolution, factory, surroundings, redactor, terminal, progress, listen } = call;
  const { values, config, notes } = resolution;
  const startedAt = new Date();
  const runId = `${startedAt.toISOString().slice(0, 19).replace(/[-:T]/g, '')}-${randomBytes(3).toString('hex')}`;
  const { name: provider, simulated } = factory;
  const patient = openPatient(
    { runId, startedAt: startedAt.toISOString(), provider, simulated, settings: {} },
    progress.tell,
  );
  if (values.quiet !== true) for (const note of notes) terminal.stderr.write(`${redactor.redact(note)}\n`);
  const tell: typeof patient.tell = (event) => patient.tell(redactor.redactAll(event));
  await guarded({ tell }, { isTerminal: terminal.stderr.isTTY === true, listen }, async (stop) => {
    const runDir = await runFolder(runId, surroundings.own);
    const lender = factory.create(values);
    const folder = typeof values.artifacts === 'string' ? values.artifacts : runDir;
    await doctor({
      ...{ config, provider: lender, surroundings, redactor, runId, runDir, stop },
      artifacts: folder,
      job: prowLimits(surroundings.own.environment),
      sink: patient.sink,
    });
  });
  progress.close();
  const report = patient.finish();
  if (typeof values.artifacts === 'string') await writeDoctorFiles(values.artifacts, report);
  const view = { isTerminal: terminal.stdout.isTTY === true, columns: terminal.stdout.columns ?? 100 };
  return {
    text: values.json === true ? doctorJson(report) : doctorText(report, view),
    exitCode: report.exitCode,
  };
}
