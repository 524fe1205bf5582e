import { expect } from 'chai';
import type { Vmi } from '../../../providers/mock/kubevirt/model/vmi.ts';
import {
  printableStatus,
  type Vm,
  type VmSurroundings,
  vmConditions,
} from '../../../providers/mock/kubevirt/vm-status.ts';
import { guestVmi, release } from './guests.ts';

const ALWAYS: Vm = { metadata: { name: 'g' }, spec: { runStrategy: 'Always' } };

describe('status of a VM', () => {
  it('follows its VMI from start to stop', () => {
    const walk = ['Pending', 'Scheduling', 'Scheduled', 'Running', 'Succeeded'];
    expect(walk.map((phase) => shown(ALWAYS, { vmi: inPhase(phase) }))).to.deep.equal([
      'Starting',
      'Starting',
      'Starting',
      'Running',
      'Stopped',
    ]);
    expect(shown(ALWAYS, {})).to.equal('Stopped');
    expect(shown(ALWAYS, { startExpected: true })).to.equal('Starting');
  });

  it('says what holds a VMI up, before saying that it starts', () => {
    const unschedulable = inPhase('Scheduling', { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' });
    const pulling = inPhase('Scheduling', { type: 'Synchronized', status: 'False', reason: 'ImagePullBackOff' });
    expect(shown(ALWAYS, { vmi: unschedulable })).to.equal('ErrorUnschedulable');
    expect(shown(ALWAYS, { vmi: pulling })).to.equal('ImagePullBackOff');
    expect(shown(ALWAYS, { vmi: inPhase('Running', { type: 'Paused', status: 'True' }) })).to.equal('Paused');
  });

  it('keeps Ready in every state and copies the VMI’s other conditions', () => {
    expect(vmConditions(ALWAYS, undefined)).to.deep.equal([
      { type: 'Ready', status: 'False', reason: 'VMINotExists', message: 'VMI does not exist' },
    ]);
    const stale: Vm = {
      ...ALWAYS,
      status: {
        conditions: [
          { type: 'Paused', status: 'True' },
          { type: 'RestartRequired', status: 'True' },
        ],
      },
    };
    const types = vmConditions(stale, inPhase('Running', { type: 'LiveMigratable', status: 'False' })).map(
      ({ type }) => type,
    );
    expect(types).to.deep.equal(['Ready', 'LiveMigratable', 'RestartRequired']);
  });
});

function shown(vm: Vm, around: Partial<VmSurroundings>): string {
  return printableStatus(vm, {
    version: release('v1.9.0'),
    dataVolume: () => undefined,
    claimPhase: () => undefined,
    ...around,
  });
}

function inPhase(phase: string, ...conditions: NonNullable<Vmi['status']>['conditions'] & object): Vmi {
  return { ...guestVmi(), status: { phase, conditions } };
}
