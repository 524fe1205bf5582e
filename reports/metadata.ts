import type { Report } from '../harness/model/report.ts';

/**
 * metadata.json, which Prow's sidecar merges into finished.json. Strings only and none empty: Spyglass drops the rest,
 * and TestGrid's column headers read `infra-commit`.
 */
export function metadataOf(report: Report, commit?: string): Readonly<Record<string, string>> {
  const { subject, verdict } = report;
  const fields: Readonly<Record<string, string | undefined>> = {
    provider: subject.provider,
    simulated: String(subject.simulated),
    verdict,
    kubevirt: subject.kubevirt,
    kubernetes: subject.kubernetes,
    'node-cpu': subject.host?.cpuModel,
    'node-kernel': subject.host?.kernel,
    'infra-commit': commit,
  };
  const told = Object.entries(fields).filter(
    (field): field is [string, string] => field[1] !== undefined && field[1] !== '',
  );
  return Object.fromEntries(told);
}
