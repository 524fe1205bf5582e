import { expect } from 'chai';
import { clockAt } from '../../../providers/mock/clock.ts';
import type { HostProfile } from '../../../providers/mock/physics/host.ts';
import { direct } from '../../../providers/mock/scenario/direct.ts';
import type { ApiCall, ConnectionFault, Director } from '../../../providers/mock/scenario/director.ts';
import type { Fault } from '../../../providers/mock/scenario/grammar.ts';
import { readScenario } from '../../../providers/mock/scenario/read.ts';

const LIST: ApiCall = {
  verb: 'list',
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: 'kubevirt',
  name: '',
  username: 'kubernetes-admin',
  userAgent: 'kubectl/v1.34.4',
};

describe('a director', () => {
  const stop = new AbortController();
  after(() => stop.abort());

  it('leaves everything alone when nothing is to go wrong', () => {
    const director = directed(stop.signal, []);
    const profile = { name: 'milan', cpu: { family: 25 } } as HostProfile;
    expect(director.host(profile)).to.equal(profile);
    expect(director.hostFile('/etc/hosts', 'x')).to.equal('x');
    expect(director.hostFile('/etc/none', undefined)).to.equal(undefined);
    expect([director.api(LIST), director.onConnect()]).to.deep.equal([undefined, undefined]);
    expect([director.guest('sev'), director.controller('virt-api')]).to.deep.equal([{}, {}]);
  });

  it('overrides fields of the profile by path without changing the profile', () => {
    const director = directed(stop.signal, [{ host: { sevSnp: false, 'cpu.minSevAsid': 1 } }]);
    const profile = { sevSnp: true, cpu: { minSevAsid: 100, family: 25 } } as HostProfile;
    expect(director.host(profile)).to.deep.equal({ sevSnp: false, cpu: { minSevAsid: 1, family: 25 } });
    expect(profile.cpu.minSevAsid).to.equal(100);
  });

  it('replaces and removes files, from an event on when it is told so', () => {
    const when = { event: 'kubevirt Deployed' };
    const director = directed(stop.signal, [{ files: { '/a': 'new' } }, { when, files: { '/dev/sev': null } }]);
    expect([director.hostFile('/a', 'old'), director.hostFile('/dev/sev', '')]).to.deep.equal(['new', '']);
    director.happened('kubevirt Deployed');
    expect(director.hostFile('/dev/sev', '')).to.equal(null);
  });

  it('gives each kind of guest its own lie', () => {
    const director = directed(stop.signal, [
      { guest: 'all', console: 'silent' },
      { guest: 'sev-es', really: 'none', xmlClaims: 'sev-es' },
      { guest: 'plain', kernelClaims: 'sev' },
    ]);
    expect(director.guest('sev')).to.deep.equal({ console: 'silent' });
    expect(director.guest('sev-es')).to.deep.equal({ console: 'silent', really: 'none', xmlClaims: 'sev-es' });
    expect(director.guest('none')).to.deep.equal({ console: 'silent', kernelClaims: 'sev' });
  });

  it('finds controllers by pattern', () => {
    const director = directed(stop.signal, [{ controller: 'virt-*', delayMs: 5 }]);
    expect(director.controller('virt-api')).to.deep.equal({ delayMs: 5 });
    expect(director.controller('node-labeller')).to.deep.equal({});
  });

  it('finds a controller of one release only, by the tag of its image', () => {
    const director = directed(stop.signal, [
      { controller: 'virt-handler', version: 'v1.9.*', behaviour: 'crash-loop' },
    ]);
    expect(director.controller('virt-handler', 'v1.9.0')).to.deep.equal({ behaviour: 'crash-loop' });
    expect(director.controller('virt-handler', 'v1.8.4')).to.deep.equal({});
    expect(director.controller('virt-handler')).to.deep.equal({});
  });

  it('tells what was deleted again, and which manifests are spoilt', () => {
    const objects = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubevirt' } }];
    const standing = directed(stop.signal, [
      { objects, thenDeleted: true },
      { objects: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stays' } }] },
      { manifest: 'v1.9.0', is: 'truncated' },
    ]).standing();
    expect(standing.objects).to.have.length(2);
    expect(standing.deleted).to.deep.equal(objects);
    expect(standing.manifests).to.deep.equal({ 'v1.9.0': 'truncated' });
  });

  it('answers only the requests that match, as often as told, from the nth on', () => {
    const director = directed(stop.signal, [
      { api: { verb: ['list', 'watch'], resource: 'pod*' }, answer: 'throttled', when: { nth: 2 }, times: 2 },
    ]);
    const calls = [LIST, LIST, { ...LIST, verb: 'get' }, { ...LIST, resource: 'nodes' }, LIST, LIST];
    const struck = calls.map((call) => director.api(call)?.do);
    expect(struck).to.deep.equal([undefined, 'status', undefined, undefined, 'status', undefined]);
  });

  it('strikes the nth request alone when no count is given', () => {
    const director = directed(stop.signal, [{ api: {}, answer: 'cut', afterBytes: 7, when: { nth: 2 } }]);
    const struck = [LIST, LIST, LIST].map((call) => director.api(call));
    expect(struck).to.deep.equal([undefined, { do: 'cut', afterBytes: 7 }, undefined]);
  });

  it('strikes by chance the same requests under the same seed, and others under another', () => {
    const pattern = (seed: number) => {
      const director = directed(stop.signal, [{ api: {}, answer: 'expired', when: { chance: 0.5 } }], seed);
      return Array.from({ length: 64 }, () => (director.api(LIST) === undefined ? '-' : 'x')).join('');
    };
    expect(pattern(1)).to.equal(pattern(1));
    expect(pattern(1)).not.to.equal(pattern(2));
    expect(pattern(1).split('x').length - 1).to.be.within(16, 48);
  });

  it('breaks connections at the nth event and says for how long', () => {
    const director = directed(stop.signal, [
      { when: { event: 'vmi * Running', nth: 2 }, connection: 'cut', forMs: 'forever' },
    ]);
    const faults: ConnectionFault[] = [];
    director.connection((fault) => faults.push(fault));
    director.happened('vmi a Running');
    expect(faults).to.deep.equal([]);
    director.happened('vmi b Running');
    director.happened('vmi c Running');
    expect(faults).to.deep.equal([{ do: 'cut', forMs: Number.POSITIVE_INFINITY }]);
    expect(director.onConnect()).to.equal(undefined);
  });

  it('closes the door at once, or to the nth client only', () => {
    const shut = directed(stop.signal, [{ connection: 'refuse' }]);
    const faults: ConnectionFault[] = [];
    shut.connection((fault) => faults.push(fault));
    expect(faults).to.deep.equal([{ do: 'refuse' }]);
    const picky = directed(stop.signal, [{ when: { nth: 2 }, connection: 'refuse' }]);
    expect([picky.onConnect(), picky.onConnect()?.do, picky.onConnect()]).to.deep.equal([
      undefined,
      'refuse',
      undefined,
    ]);
  });

  it('shows the wrong key to every client, but not before the event for which it waits', () => {
    const director = directed(stop.signal, [{ when: { event: 'swapped' }, connection: 'wrong-key' }]);
    expect(director.onConnect()).to.equal(undefined);
    director.happened('swapped');
    expect([director.onConnect()?.do, director.onConnect()?.do]).to.deep.equal(['wrong-key', 'wrong-key']);
  });

  it('waits the simulated time after an event', async () => {
    const director = directed(stop.signal, [{ when: { event: 'go', afterMs: 1000 }, connection: 'freeze' }]);
    director.happened('go');
    const fault = await new Promise<ConnectionFault>((resolve) => {
      director.connection(resolve);
    });
    expect(fault).to.deep.equal({ do: 'freeze' });
  });
});

function directed(signal: AbortSignal, faults: readonly Fault[], seed = 1): Director {
  const read = readScenario(JSON.stringify({ name: 'test', description: 'x', faults }));
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return direct(read.scenario, { seed, clock: clockAt(1000), signal });
}
