import { expect } from 'chai';
import { describe, it } from 'mocha';
import { crdsOf, schemaOf } from '../../../providers/mock/kubevirt/crds/crds.ts';
import { KNOWN_VERSIONS, kubevirtVersion } from '../../../providers/mock/kubevirt/versions.ts';
import { orSkip, recorded } from './vectors.ts';

describe('the CustomResourceDefinitions of simulated KubeVirt', () => {
  for (const version of KNOWN_VERSIONS) {
    it(`carry the fields, types, names and columns of ${version.text}`, function () {
      const real = orSkip(this, recorded(`kubevirt/${version.text}/crds.json`)) as Record<string, unknown>;
      const ours = new Map(crdsOf(version).map((crd) => [crd.metadata.name, crd]));
      for (const [name, crd] of Object.entries(real)) {
        expect(comparable(ours.get(name)), name).to.deep.equal(comparable(crd));
      }
    });
  }

  it('know snp from v1.7 on', () => {
    const fields = (text: string): string[] => {
      const version = kubevirtVersion(text);
      if (version === undefined) throw new Error(`${text} is unknown`);
      let schema = schemaOf('VirtualMachineInstance', version);
      for (const step of ['spec', 'domain', 'launchSecurity']) schema = schema.properties?.[step] ?? {};
      return Object.keys(schema.properties ?? {});
    };
    expect(fields('v1.6')).to.deep.equal(['sev']);
    expect(fields('v1.7')).to.deep.equal(['sev', 'snp', 'tdx']);
  });
});

/** Without what means the same either way: atomic lists, the alternatives of int-or-string, and defaults of the API server. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const skipped = new Set(['anyOf', 'x-kubernetes-validations', 'listKind', 'conversion', 'description']);
  const entries = Object.entries(value).filter(
    ([key, inner]) =>
      !skipped.has(key) && !(key === 'x-kubernetes-list-type' && inner === 'atomic') && key !== 'x-kubernetes-map-type',
  );
  const properties = 'x-kubernetes-int-or-string' in value ? entries.filter(([key]) => key !== 'type') : entries;
  return Object.fromEntries(
    properties
      .map(([key, inner]): [string, unknown] => [
        key,
        key === 'required' && Array.isArray(inner) ? [...inner].sort() : comparable(inner),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
