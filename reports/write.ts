import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toFinding } from '../harness/errors/blame.ts';
import { InfraError, UsageError } from '../harness/errors/errors.ts';
import type { Evidence } from '../harness/model/evidence.ts';
import type { Report } from '../harness/model/report.ts';
import type { CaseResult } from '../harness/model/result.ts';
import { type DoctorReport, doctorJson } from './doctor-report.ts';
import { reportJson } from './json.ts';
import { casesXml, doctorXml, headOf, phasesXml } from './junit.ts';
import { metadataOf } from './metadata.ts';
import { DOCTOR_JSON, JUNIT_CASES, JUNIT_DOCTOR, JUNIT_PHASES, METADATA_JSON, REPORT_JSON } from './names.ts';

/** The report's files in the artifacts folder, complete and valid at every moment. */
export interface ReportFiles {
  readonly folder: string;
  /** Writes this report soon; of several that wait only the newest is written. Never throws: see `flush`. */
  update(report: Report): void;
  /** Writes whatever waits. @throws InfraError when a file could not be written. */
  flush(): Promise<void>;
}

/** Makes the folder. @throws UsageError when that cannot be, naming the folder and why. */
export async function openReportFiles(folder: string, commit?: string): Promise<ReportFiles> {
  try {
    await makeFolder(folder);
    await replaceFile(folder, METADATA_JSON, '{}\n');
  } catch (cause) {
    throw unfit(folder, cause);
  }
  let waiting: Report | undefined;
  let writing: Promise<void> | undefined;
  let failure: unknown;
  const drain = async () => {
    for (let next = waiting; next !== undefined; next = waiting) {
      waiting = undefined;
      try {
        await writeAll(folder, next, commit);
        failure = undefined;
      } catch (error) {
        failure = error;
      }
    }
    writing = undefined;
  };
  return {
    folder,
    update(report) {
      waiting = report;
      writing ??= drain();
    },
    async flush() {
      while (writing !== undefined) await writing;
      if (failure !== undefined) {
        throw new InfraError(`the report could not be written to ${folder}: ${String(failure)}`, { cause: failure });
      }
    },
  };
}

/** Writes what `sevlane doctor` found beside whatever a run wrote there. @throws UsageError when the folder is not fit. */
export async function writeDoctorFiles(folder: string, report: DoctorReport): Promise<void> {
  const { startedAt, checks, provider, simulated } = report;
  const properties = { provider, simulated: String(simulated) };
  try {
    await makeFolder(folder);
    await replaceFile(folder, JUNIT_DOCTOR, doctorXml({ startedAt, checks, properties }));
    await replaceFile(folder, DOCTOR_JSON, doctorJson(report));
  } catch (cause) {
    throw unfit(folder, cause);
  }
}

function unfit(folder: string, cause: unknown): UsageError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const hint = 'name a folder that may be written to';
  return new UsageError(`--artifacts: ${folder} cannot be written to: ${reason}`, { cause, hint });
}

/** As mkdir with `recursive`, which never comes back where a folder cannot be made and says ENOENT, such as /proc. */
async function makeFolder(path: string): Promise<void> {
  const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/**
 * Looks at every piece of evidence again, by size and digest. Gives the cases whose proof is gone or changed, as
 * errored: what is not on file proves nothing.
 */
export async function casesWithoutProof(folder: string, cases: readonly CaseResult[]): Promise<readonly CaseResult[]> {
  const spoilt: CaseResult[] = [];
  for (const one of cases) {
    for (const piece of one.evidence) {
      const trouble = await whatIsWrong(folder, piece);
      if (trouble === undefined) continue;
      const error = new InfraError(`evidence ${piece.file} ${trouble} after it was written`, {
        hint: 'keep everything else out of the artifacts folder while a run goes on',
      });
      if (one.finding === undefined) {
        spoilt.push({ ...one, outcome: 'errored', finding: toFinding(error, `case ${one.title}`) });
      }
      break;
    }
  }
  return spoilt;
}

async function whatIsWrong(folder: string, { file, sizeBytes, sha256 }: Evidence): Promise<string | undefined> {
  const path = join(folder, file);
  try {
    const { size } = await stat(path);
    if (size !== sizeBytes) return `changed from ${sizeBytes} to ${size} bytes`;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    return hash.digest('hex') === sha256 ? undefined : 'changed its content';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'vanished' : `became unreadable (${String(code)})`;
  }
}

async function writeAll(folder: string, report: Report, commit: string | undefined): Promise<void> {
  await replaceFile(folder, JUNIT_PHASES, phasesXml(report));
  await replaceFile(folder, JUNIT_CASES, casesXml(report));
  const { checks } = report;
  if (checks.length > 0) await replaceFile(folder, JUNIT_DOCTOR, doctorXml({ ...headOf(report), checks }));
  await replaceFile(folder, REPORT_JSON, reportJson(report));
  await replaceFile(folder, METADATA_JSON, `${JSON.stringify(metadataOf(report, commit), undefined, 2)}\n`);
}

/** The name of the half-written file begins with a dot, or Spyglass would take `junit.*.xml.tmp` for a report. */
async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const beside = join(folder, `.${name}.new`);
  const file = await open(beside, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
    await rename(beside, join(folder, name));
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}
