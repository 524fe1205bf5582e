import { explain } from '../harness/explain/explain.ts';
import type { Finding } from '../harness/model/finding.ts';
import type { KnownCause } from '../harness/model/known-cause.ts';
import type { Report } from '../harness/model/report.ts';

/**
 * The report with what is known about its findings: of their own words, and of what was collected about them. Nothing
 * else of it changes: blame, verdict and exit code are decided before.
 */
export function explained(report: Report, collected: ReadonlyMap<string, readonly KnownCause[]>): Report {
  const known = (finding: Finding) => withCauses(finding, collected.get(finding.where) ?? []);
  const row = <Row extends { readonly finding?: Finding }>(one: Row): Row =>
    one.finding === undefined ? one : { ...one, finding: known(one.finding) };
  return {
    ...report,
    phases: report.phases.map(row),
    connectionRow: row(report.connectionRow),
    run: row(report.run),
    cases: report.cases.map(row),
    findings: report.findings.map(known),
  };
}

/** For a line: `CAUSE: ACTION (SOURCE)`. */
export function spokenCause({ cause, action, source }: KnownCause): string {
  return `${cause}: ${action} (${source})`;
}

/** A mistake in the settings or a stop by a person needs no explanation, whatever it quotes. */
function withCauses(finding: Finding, collected: readonly KnownCause[]): Finding {
  if (finding.blame === 'usage' || finding.blame === 'interrupted') return finding;
  const own = explain([{ place: 'message', from: 'message', text: [finding.message, ...finding.causes].join('\n') }]);
  const causes = [...new Map([...collected, ...own].map((cause) => [cause.id, cause])).values()];
  const ordered = [...own, ...causes.filter(({ id }) => !own.some((one) => one.id === id))];
  return ordered.length === 0 ? finding : { ...finding, knownCauses: ordered };
}
