import type { RunEvent } from '../harness/model/events.ts';
import type { Report } from '../harness/model/report.ts';

/** report.json, as reports/report.schema.json describes it. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** One event as one line of `--json`, as reports/events.schema.json describes it. */
export function eventLine(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}
