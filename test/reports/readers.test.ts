import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { skipBecause } from '../programs.ts';
import {
  ciSearch,
  type Element,
  flakefinder,
  junitMerger,
  parseXml,
  skipCheck,
  spyglass,
  testgrid,
} from './readers.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/vectors/prow/junit');

interface Recorded {
  readonly id: string;
  readonly file: string;
  readonly spyglass: Readonly<
    Record<'passed' | 'failed' | 'flaky' | 'skipped', readonly { readonly name: string }[]>
  > & {
    readonly parse_error: string | null;
  };
  readonly testgrid: {
    readonly malformed: readonly unknown[];
    readonly rows: Readonly<Record<string, { readonly result: string; readonly message: unknown }>>;
  };
  readonly flakefinder: {
    readonly ingest_error: string | null;
    readonly report?: { readonly data: Readonly<Record<string, { readonly failed: number }>> } | null;
  };
  readonly ci_search: { readonly parse_error: string | null; readonly indexed_cases: number };
  readonly kubevirt_junit_merger: { readonly exit: number; readonly testcases_out?: number };
}

/**
 * The readers of readers.ts are ours; here they are compared with what the real ones answered, so that our reports can
 * be judged by them. Files with a case that stands twice, and what only a lenient parser reads, are left out: our
 * reports have neither.
 */
describe('readers of JUnit, as recorded', () => {
  const files: { readonly answer: Recorded; readonly root: Element; readonly xml: string }[] = [];

  before(async function () {
    const text = await readFile(join(FOLDER, 'answers.json'), 'utf8').catch(() => undefined);
    if (text === undefined) return skipBecause(this, 'the recordings beside this project are not there');
    const { cases } = JSON.parse(text) as { readonly cases: readonly Recorded[] };
    for (const answer of cases) {
      const bytes = await readFile(join(FOLDER, answer.file));
      const xml = bytes.toString('utf8');
      // A line end in an attribute is a blank to a strict parser, which the real readers are not.
      if (/="[^"]*[\n\t]/.test(xml) || !Buffer.from(xml).equals(bytes) || answer.spyglass.parse_error !== null)
        continue;
      try {
        const root = parseXml(xml);
        const suites = root.name === 'testsuite' || root.name === 'testsuites';
        if (suites && !hasDoubles(root)) files.push({ answer, root, xml });
      } catch {
        // Not for a strict parser.
      }
    }
  });

  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).sort();

  it('are enough to judge by', () => expect(files.length).to.be.greaterThan(90));

  it('Spyglass', () => {
    for (const { answer, root } of files) {
      const { passed, failed, skipped } = answer.spyglass;
      const ours = spyglass(root);
      expect([...ours.passed].sort(), `${answer.id} passed`).to.deep.equal(names(passed));
      expect([...ours.failed].sort(), `${answer.id} failed`).to.deep.equal(names(failed));
      expect([...ours.skipped].sort(), `${answer.id} skipped`).to.deep.equal(names(skipped));
    }
  });

  it('TestGrid', () => {
    for (const { answer, root } of files.filter(({ answer }) => answer.testgrid.malformed.length === 0)) {
      const ours = testgrid(root);
      expect(Object.keys(ours).sort(), answer.id).to.deep.equal(Object.keys(answer.testgrid.rows).sort());
      for (const [row, { result, message }] of Object.entries(answer.testgrid.rows)) {
        expect(ours[row]?.result, `${answer.id} ${row}`).to.equal(result);
        const isWhole = typeof message === 'string' && !message.startsWith('invalid utf8');
        if (isWhole) expect(ours[row]?.message, `${answer.id} ${row}`).to.equal(message);
      }
    }
  });

  it('flakefinder', () => {
    for (const { answer, root } of files.filter(({ answer }) => answer.flakefinder.ingest_error === null)) {
      const failed = Object.entries(answer.flakefinder.report?.data ?? {}).filter(([, counts]) => counts.failed > 0);
      expect([...flakefinder(root)].sort(), answer.id).to.deep.equal(failed.map(([name]) => name).sort());
    }
  });

  it('search.ci', () => {
    for (const { answer, root } of files.filter(({ answer }) => answer.ci_search.parse_error === null)) {
      expect(ciSearch(root), answer.id).to.equal(answer.ci_search.indexed_cases);
    }
  });

  it('junit-merger', () => {
    for (const { answer, root } of files.filter(({ answer }) => answer.kubevirt_junit_merger.exit === 0)) {
      const { testcases_out: taken } = answer.kubevirt_junit_merger;
      if (taken !== undefined) expect(junitMerger(root), answer.id).to.equal(taken);
    }
  });

  it('the skip check of KubeVirt', () => {
    expect(skipCheck('<testcase/><testcase/>\n<testcase>\n<skipped/>')).to.deep.equal({ executed: 2, skipped: 1 });
  });
});

function hasDoubles(root: Element): boolean {
  const { passed, failed, skipped } = spyglass(root);
  const all = [...passed, ...failed, ...skipped];
  return new Set(all).size !== all.length;
}
