import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { hostRows } from '../../harness/doctor/host/examine.ts';
import { InfraError } from '../../harness/errors/errors.ts';
import { missingCapabilities } from '../../harness/host/facts.ts';
import { probeHost, readHost } from '../../harness/host/probe.ts';
import type { SshTarget } from '../../harness/model/host.ts';
import type { HostFacts } from '../../harness/model/host-facts.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import { HOST_PROFILES } from '../../providers/mock/physics/profiles/profiles.ts';
import { failure } from '../failure.ts';
import { connectionTo, startHost } from '../simulated.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';

let scope: OwnedScope;
beforeEach(() => {
  scope = openScope(() => {});
});
afterEach(async () => void (await scope.close()));
const probe = async (target: SshTarget): Promise<HostFacts> => probeHost(scope, await connectSsh(scope, target));

describe('a probe of simulated hosts', () => {
  const supported = ({ support }: HostFacts) =>
    Object.values(support)
      .filter((one) => one.supported)
      .map((one) => one.technology);

  for (const [name, technologies, worst] of [
    ['milan', ['sev', 'sev-es', 'sev-snp'], 'note'],
    ['turin', ['sev', 'sev-es', 'sev-snp'], 'note'],
    ['genoa', ['sev', 'sev-snp'], 'warning'],
    ['rome-es', ['sev', 'sev-es'], 'unread'],
    ['rome', ['sev'], 'warning'],
    ['naples', ['sev'], 'note'],
    ['nested', [], 'fatal'],
    ['intel', [], 'fatal'],
  ] as const) {
    it(`finds on ${name}: ${technologies.join(', ') || 'nothing'}`, async () => {
      const host = await startHost({ profile: HOST_PROFILES[name] });
      try {
        const state = await readHost(scope, await connectSsh(scope, await connectionTo(host)));
        const { facts } = state;
        expect(supported(facts)).to.deep.equal(technologies);
        const { cpu, kernel, os, memoryKiB } = HOST_PROFILES[name];
        expect(facts).to.include({
          hostname: HOST_PROFILES[name].hostname,
          cpuModel: cpu.modelName,
          cpuFamily: cpu.family,
          cpuModelNumber: cpu.model,
          microcode: cpu.microcode,
          kernel: kernel.release,
          os: os.prettyName,
          virtualization: name === 'nested' ? 'kvm' : 'none',
        });
        expect(facts.memoryBytes).to.be.within(memoryKiB * 1024 * 0.9, memoryKiB * 1024);
        if (worst !== 'fatal') expect(facts.firmware).to.match(/^\d+\.\d+ build \d+$/);
        expect(missingCapabilities(facts, ['sev', 'sev-es', 'sev-snp'])).to.have.length(3 - technologies.length);
        const verdicts = hostRows({ state, guestBytes: 2 ** 30, guestsAtOnce: 1 }).map(({ verdict }) => verdict);
        const ranked = (['note', 'unread', 'warning', 'fatal'] as const).filter((one) => verdicts.includes(one));
        expect(ranked.at(-1)).to.equal(worst);
      } finally {
        await host.stop();
      }
    });
  }

  it('reads what only root may for a user who may use sudo', async () => {
    const host = await startHost({ user: 'dev' });
    try {
      const state = await readHost(scope, await connectSsh(scope, await connectionTo(host)));
      expect(state.isRoot).to.deep.include({ state: 'read', value: true });
      expect(supported(state.facts)).to.deep.equal(['sev', 'sev-es', 'sev-snp']);
      expect(state.facts.firmware).to.equal('1.55 build 21');
    } finally {
      await host.stop();
    }
  });
});

describe('a probe through a real sshd', () => {
  let sshd: Sshd;
  before(async function () {
    needSshd(this);
    sshd = await startSshd();
  });
  after(() => sshd?.close());

  it('reads this machine as its own files tell it', async () => {
    const facts = await probe(sshd.target());
    expect(facts.hostname).to.equal(hostname());
    expect(facts.kernel).to.equal(release());
    expect(facts.memoryBytes).to.equal(
      Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024,
    );
    expect(facts.cpuModel).to.equal(
      /model name\s+: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown',
    );
  });

  it('is refused where a forced command stands in its way', async () => {
    const forced = await startSshd(['ForceCommand echo only git here; exit 1']);
    try {
      const error = await failure(probe(forced.target()), InfraError);
      expect(error.message).to.match(/does not run the commands that it is given.*only git here/);
      expect(error.hint).to.include('ForceCommand');
    } finally {
      await scope.close();
      await forced.close();
    }
  });
});
