import { expect } from 'chai';
import { typesOfCrd } from '../../../providers/mock/api/crd.ts';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList } from '../../../providers/mock/api/discovery.ts';
import { byVersion } from '../../../providers/mock/api/groups.ts';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import { skipBecause } from '../../programs.ts';
import { answered, recording, recordingsHere } from './recordings.ts';

interface Named {
  readonly name: string;
}

describe('discovery', () => {
  it('names the best version of a group first', () => {
    const versions = ['v1alpha1', 'v10', 'v1beta2', 'v1', 'v2', 'foo1', 'v1beta10'];
    expect(versions.sort(byVersion)).to.deep.equal(['v10', 'v2', 'v1', 'v1beta10', 'v1beta2', 'v1alpha1', 'foo1']);
  });

  it('tells of each resource what a real API server tells of it', function () {
    if (!recordingsHere) return skipBecause(this, 'the recordings beside this project are not there');
    for (const [n, group] of [
      [5, ''],
      [6, 'apps'],
    ] as const) {
      const wanted = (recording(n).response.body as { readonly resources: readonly Named[] }).resources;
      const found = apiResourceList(builtinTypes(), group, 'v1')?.resources ?? [];
      const names = new Set(found.map((one) => one.name));
      expect(found).to.deep.equal(wanted.filter((one) => names.has(one.name)));
      expect(names.size).to.be.greaterThan(9);
    }
  });

  it('aggregates the same as a real API server', function () {
    if (!recordingsHere) return skipBecause(this, 'the recordings beside this project are not there');
    const types = builtinTypes();
    for (const [n, root] of [
      [8, 'api'],
      [9, 'apis'],
    ] as const) {
      const body = recording(n).response.body as { readonly items: readonly DiscoveredGroup[] };
      const found = aggregatedDiscovery(types, { root, version: 'v2' });
      const served = new Set(types.map((type) => `${type.group}/${type.plural}`));
      const wanted = body.items.map((item) => withServed(item, served)).filter((item) => item.versions.length > 0);
      expect(JSON.parse(JSON.stringify(found.items))).to.deep.equal(wanted);
    }
  });

  it('lists groups as a real API server does, and none that is not there', function () {
    if (!recordingsHere) return skipBecause(this, 'the recordings beside this project are not there');
    const served = new Set(builtinTypes().map((type) => type.group));
    const wanted = (recording(4).response.body as { readonly groups: readonly Named[] }).groups;
    expect(apiGroupList(builtinTypes()).groups).to.deep.equal(wanted.filter((group) => served.has(group.name)));
    expect(apiGroup(builtinTypes(), 'apps')).to.deep.equal(recording(7).response.body);
    expect(apiGroup(builtinTypes(), 'nope.example.com')).to.equal(undefined);
  });

  it('tells of a custom resource what a real API server tells', function () {
    if (!recordingsHere) return skipBecause(this, 'the recordings beside this project are not there');
    const { types } = typesOfCrd(answered(recording(130)));
    expect(apiResourceList(types, 'lab.sevlane.io', 'v1')).to.deep.equal(recording(133).response.body);
  });
});

interface DiscoveredGroup {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly { readonly resources: readonly { readonly resource: string }[] }[];
}

function withServed(item: DiscoveredGroup, served: ReadonlySet<string>): DiscoveredGroup {
  const versions = item.versions
    .map((version) => ({
      ...version,
      resources: version.resources.filter((one) => served.has(`${item.metadata.name ?? ''}/${one.resource}`)),
    }))
    .filter((version) => version.resources.length > 0);
  return { ...item, versions };
}
