import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { RunEvent } from '../../harness/model/events.ts';
import type { Difference, Traces } from '../../harness/model/traces.ts';
import { reportOf } from '../../reports/record.ts';
import { reportSchema } from '../../reports/schema.ts';
import { closingText } from '../../reports/text.ts';
import { at, closedRecordOf, GREEN } from './sample-run.ts';

const told = (traces: Partial<Traces>): RunEvent => ({ type: 'traces', at: at(50), traces });
const closing = (...events: readonly RunEvent[]) =>
  closingText(reportOf(closedRecordOf([...GREEN, ...events])), '/a/run').split('\n');
const changed = (name: string): Difference => ({
  how: 'changed',
  what: `configmaps "${name}"`,
  fields: ['data.color changed', 'label team added, "blue"'],
  whose: "others'",
});

describe('what a run leaves, in its report', () => {
  it('takes no line where the cluster is as it was found', () => {
    expect(closing(told({ isCompared: true, differences: [], notCompared: [] }))).to.deep.equal(closing());
  });

  it('tells in one line what others changed meanwhile, and the run stays green', () => {
    const differences = ['a', 'b', 'c', 'd', 'e'].map(changed);
    const lines = closing(told({ isCompared: true, differences }));
    expect(lines).to.include(
      `  by others     changed meanwhile: ${['a', 'b', 'c'].map((name) => `configmaps "${name}" (data.color changed, ...)`).join('; ')}; and 2 more: see report.json`,
    );
    expect(lines[0]).to.match(/^passed: /);
  });

  it('tells what was left knowingly, what went by force and what was not compared', () => {
    const lines = closing(
      told({ left: ['kubevirts "kubevirt/kubevirt"'], leftBecause: 'kept on purpose' }),
      told({ forced: ['finalizer x of kubevirts "kubevirt/kubevirt"'] }),
      told({ notCompared: ['host: not read'] }),
    );
    expect(lines).to.include(
      '  left          kubevirts "kubevirt/kubevirt": kept on purpose; the next run sweeps it, as does sevlane clean',
    );
    expect(lines).to.include('  by force      finalizer x of kubevirts "kubevirt/kubevirt"');
    expect(lines).to.include('  not compared  host: not read');
  });

  it('stands in report.json, as its schema has it', () => {
    const report = reportOf(closedRecordOf([...GREEN, told({ isCompared: true, differences: [changed('a')] })]));
    expect(report.traces?.differences).to.deep.equal([changed('a')]);
    expect(reportSchema.safeParse(report).error).to.equal(undefined);
  });
});
