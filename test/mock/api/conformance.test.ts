import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { replayApiServer } from '../../conformance/apiserver.ts';
import { skipBecause } from '../../programs.ts';

const FOLDER = resolve('../shared/vectors/apiserver');

// What is known to differ: sentences of others, kinds that are not served, OpenAPI v2, a diff of Go structs.
const KNOWN = [
  'apps/table',
  'cr/openapi',
  'cr/table',
  'discovery/api-aggregated',
  'discovery/api-v1',
  'discovery/apis',
  'discovery/apis-aggregated',
  'discovery/apis-aggregated-v2-only',
  'discovery/openapi-v2',
  'discovery/openapi-v3-core',
  'discovery/openapi-v3-index',
  'discovery/root',
  'pod/table',
  'pod/update-forbidden-field',
  'table/configmaps',
  'table/include-none',
  'table/include-object',
  'table/namespaces',
  'table/one',
  'watch/table',
];

describe('the API server beside recordings of a real one', () => {
  it('gives the same answers, but for those known to differ', async function () {
    this.timeout(60_000);
    if (!existsSync(FOLDER)) return skipBecause(this, `no recordings in ${FOLDER}`);
    const verdicts = (await replayApiServer(FOLDER)) ?? [];
    expect(verdicts).to.have.length.greaterThan(300);
    const differing = verdicts.filter(({ differences }) => differences.length > 0);
    const unknown = differing.filter(({ group, name }) => !KNOWN.includes(`${group}/${name}`));
    expect(unknown.map(({ group, name, differences }) => `${group}/${name}: ${differences[0]}`)).to.deep.equal([]);
  });
});
