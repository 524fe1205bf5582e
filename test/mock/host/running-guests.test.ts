import { expect } from 'chai';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { clockAt } from '../../../providers/mock/clock.ts';
import { runningGuests } from '../../../providers/mock/running-guests.ts';
import { direct } from '../../../providers/mock/scenario/direct.ts';
import type { Fault } from '../../../providers/mock/scenario/grammar.ts';

const ES = { sev: { policy: { encryptedState: true } } };
const VMIS = [
  vmi('Running', { sev: {} }),
  vmi('Scheduling', { sev: {} }),
  vmi('Running', ES),
  vmi('Running', { snp: {} }),
];

describe('ASIDs in use', () => {
  it('are those of running encrypted guests; SEV-ES and SEV-SNP share a pool', () => {
    expect(count([...VMIS, vmi('Running', undefined)])).to.deep.equal({ sev: 1, es: 2 });
  });

  it('are not taken by a guest that is not really encrypted', () => {
    expect(count(VMIS, [{ guest: 'sev', really: 'none', xmlClaims: 'sev' }])).to.deep.equal({ sev: 0, es: 2 });
  });
});

function count(vmis: readonly KubeObject[], faults: readonly Fault[] = []) {
  const scenario = { name: 'test', description: 'x', faults };
  const director = direct(scenario, { seed: 1, clock: clockAt(1), signal: new AbortController().signal });
  return runningGuests({ list: () => vmis }, director);
}

function vmi(phase: string, launchSecurity: object | undefined): KubeObject {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: phase },
    spec: { domain: { launchSecurity } },
    status: { phase },
  };
}
