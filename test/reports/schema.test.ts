import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { reportOf } from '../../reports/record.ts';
import { eventSchema, reportSchema, schemaFiles } from '../../reports/schema.ts';
import { EVENTS, recordOf } from './sample-run.ts';

const FOLDER = join(import.meta.dirname, '../../../reports');

describe('schemas of report.json and of --json', () => {
  for (const [name, text] of Object.entries(schemaFiles())) {
    it(`reports/${name} is what reports/schema.ts makes (UPDATE_SCHEMAS=1 rewrites it)`, async () => {
      if (process.env.UPDATE_SCHEMAS !== undefined) await writeFile(join(FOLDER, name), text);
      expect(await readFile(join(FOLDER, name), 'utf8')).to.equal(text);
    });
  }

  it('describe every event of a run', () => {
    for (const event of EVENTS) expect(eventSchema.safeParse(event).error, event.type).to.equal(undefined);
    expect(new Set(EVENTS.map(({ type }) => type)).size).to.equal(eventSchema.options.length);
  });

  it('describe the report after every event', () => {
    for (let count = 0; count <= EVENTS.length; count += 1) {
      const report = reportOf(recordOf(EVENTS.slice(0, count)));
      expect(reportSchema.safeParse(report).error, `after ${count} events`).to.equal(undefined);
    }
  });

  it('refuse what they do not know', () => {
    const report = reportOf(recordOf(EVENTS));
    expect(reportSchema.safeParse({ ...report, surprise: 1 }).success).to.equal(false);
    expect(reportSchema.safeParse({ ...report, verdict: 'all fine' }).success).to.equal(false);
    expect(eventSchema.safeParse({ type: 'rumour', at: report.startedAt }).success).to.equal(false);
  });
});
