import { expect } from 'chai';
import { describe, it } from 'mocha';
import { missingCapabilities } from '../../harness/host/facts.ts';
import { parseKubevirtVersion } from '../../harness/kubevirt/versions.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import type { PlannedCase } from '../../harness/model/result.ts';
import type { Technology } from '../../harness/model/technology.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { decideDemands, narrowDemands, refuseMissing } from '../../harness/suite/demands.ts';
import type { Suites } from '../../harness/suite/engine.ts';
import { fixture, stateOf } from '../host/fixture.ts';
import { hostFacts } from './made-up.ts';

const planned = (guest: string, isProof = true): PlannedCase => ({
  title: `${guest} case`,
  suite: 's',
  labels: [],
  guest,
  isProof,
});

describe('what is demanded', () => {
  it('without a wish is all that host and KubeVirt can do, and says why the rest is not', () => {
    const host = hostFacts(['sev', 'sev-es']);
    const { demanded, notDemanded } = decideDemands({
      require: undefined,
      version: parseKubevirtVersion('v1.9.0'),
      host,
    });
    expect(demanded).to.deep.equal(['sev', 'sev-es']);
    expect(notDemanded).to.deep.equal([
      { technology: 'sev-snp', reason: 'the host cannot: /sys/module/kvm_amd/parameters/sev_snp=N' },
    ]);
    const old = decideDemands({ require: undefined, version: parseKubevirtVersion('v1.6.6'), host: hostFacts() });
    expect(old.notDemanded).to.deep.equal([{ technology: 'sev-snp', reason: 'KubeVirt v1.6.6 has no SEV-SNP' }]);
  });

  it('leaves SEV-ES out where the firmware refuses it beside SNP, and refuses it to who names it', () => {
    const { facts } = stateOf(fixture('genoa-6.12-api-1.58'));
    const { demanded, notDemanded } = decideDemands({ require: undefined, version: undefined, host: facts });
    expect(demanded).to.deep.equal(['sev', 'sev-snp']);
    expect(notDemanded[0]?.reason).to.match(/^the host cannot: .*sev_es=Y, but the firmware's API is 1\.58/);
    const named = decideDemands({ require: ['sev-es'], version: undefined, host: facts });
    const [missing] = missingCapabilities(facts, named.demanded);
    expect(missing?.message).to.match(/lacks SEV-ES: .*refuses SEV-ES guests where SNP is on/);
    expect(missing?.hint).to.include('leave sev-es out of --require');
  });

  it('tries what is switched on although something about it could not be read', () => {
    const { facts } = stateOf(fixture('plain-user-6.11'));
    expect(decideDemands({ require: undefined, version: undefined, host: facts }).demanded).to.deep.equal([
      'sev',
      'sev-es',
      'sev-snp',
    ]);
  });

  it('is SEV at least, also on a host without it', () => {
    expect(decideDemands({ require: undefined, version: undefined, host: hostFacts([]) }).demanded).to.deep.equal([
      'sev',
    ]);
  });

  it('follows from the labels of the node where the host was not read', () => {
    const version = parseKubevirtVersion('v1.9.0');
    const labels = { 'kubevirt.io/sev': '', 'kubevirt.io/sev-snp': '' };
    const { demanded, notDemanded } = decideDemands({ require: undefined, version, host: undefined, labels });
    expect(demanded).to.deep.equal(['sev', 'sev-snp']);
    expect(notDemanded[0]?.reason).to.equal('the node lacks the label kubevirt.io/sev-es, and the host was not read');
    expect(decideDemands({ require: undefined, version, host: undefined, labels: {} }).demanded).to.deep.equal(['sev']);
    expect(decideDemands({ require: undefined, version, host: hostFacts(), labels: {} }).demanded).to.have.length(3);
  });

  it('is what the user names, whatever the host says', () => {
    const { demanded, notDemanded } = decideDemands({ require: ['sev-snp'], version: undefined, host: hostFacts([]) });
    expect(demanded).to.deep.equal(['sev-snp']);
    expect(notDemanded.map(({ reason }) => reason)).to.deep.equal(['not named in --require', 'not named in --require']);
  });

  it('shrinks with filters only where nobody named it', () => {
    const demands = { demanded: ['sev', 'sev-es'] as Technology[], notDemanded: [] };
    const onlyEs = [planned('sev', false), planned('sev-es')];
    expect(narrowDemands(demands, undefined, onlyEs).demanded).to.deep.equal(['sev-es']);
    expect(narrowDemands(demands, undefined, onlyEs).notDemanded[0]?.reason).to.include('--focus');
    expect(narrowDemands(demands, ['sev', 'sev-es'], onlyEs).demanded).to.deep.equal(['sev', 'sev-es']);
    expect(narrowDemands(demands, undefined, [planned('sev', false)]).demanded, 'no proof at all').to.deep.equal([
      'sev',
      'sev-es',
    ]);
  });
});

describe('a demand that the host cannot meet', () => {
  const suites: Suites = { plan: ({ kinds }) => kinds.map((kind) => planned(kind)), run: async () => {} };

  it('ends the run as infra with one red case each, and says what is lacking and where that was read', () => {
    const events: RunEvent[] = [];
    const demands = { demanded: ['sev', 'sev-es', 'sev-snp'] as Technology[], notDemanded: [] };
    const asked = {
      host: hostFacts(['sev']),
      version: undefined,
      demands,
      selection: { kinds: [], labels: () => true },
    };
    expect(() =>
      refuseMissing(
        openScope((event) => events.push(event)),
        suites,
        asked,
      ),
    )
      .to.throw(/lacks SEV-ES: .*sev_es=N.* and SEV-SNP \(.*sev_snp=N\)/)
      .with.property('blame', 'infra');
    const ended = events.flatMap((event) =>
      event.type === 'case-ended' ? [`${event.result.outcome} ${event.result.title}`] : [],
    );
    expect(ended).to.deep.equal(['errored sev-es case', 'errored sev-snp case']);
  });

  it('is refused for a KubeVirt that has no such API', () => {
    const demands = { demanded: ['sev-snp'] as Technology[], notDemanded: [] };
    const asked = {
      host: hostFacts(),
      version: parseKubevirtVersion('v1.6.6'),
      demands,
      selection: { kinds: [], labels: () => true },
    };
    expect(() =>
      refuseMissing(
        openScope(() => {}),
        suites,
        asked,
      ),
    ).to.throw('KubeVirt v1.6.6 has no SEV-SNP');
  });
});
