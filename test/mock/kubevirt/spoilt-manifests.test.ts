import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { parseAllDocuments } from 'yaml';
import { writeMirror } from '../../../providers/mock/kubevirt/manifest.ts';
import { spoilManifests } from '../../../providers/mock/kubevirt/spoilt-manifests.ts';
import { KNOWN_VERSIONS } from '../../../providers/mock/kubevirt/versions.ts';

describe('a mirror with a spoilt manifest', () => {
  let mirror: string;
  beforeEach(async () => {
    mirror = await mkdtemp(join(tmpdir(), 'sevlane-mirror-'));
    await writeMirror(mirror, KNOWN_VERSIONS.slice(-2));
  });
  afterEach(async () => await rm(mirror, { recursive: true }));

  const spoilt = async (kind: 'an error page' | 'truncated' | 'another version') => {
    const other = await readFile(join(mirror, 'v1.8.4', 'kubevirt-operator.yaml'), 'utf8');
    await spoilManifests(mirror, { 'v1.9.0': kind });
    expect(await readFile(join(mirror, 'v1.8.4', 'kubevirt-operator.yaml'), 'utf8'), 'the other one').to.equal(other);
    return await readFile(join(mirror, 'v1.9.0', 'kubevirt-operator.yaml'), 'utf8');
  };

  it('has an error page of a proxy', async () => {
    expect(await spoilt('an error page')).to.match(/^<!DOCTYPE html>/);
  });

  it('has a file that ends in the middle', async () => {
    const text = await spoilt('truncated');
    expect(text).not.to.include('name: virt-operator\n');
    expect(text).to.include('kubevirts.kubevirt.io');
  });

  it('has the operator of another release, in good order', async () => {
    const text = await spoilt('another version');
    expect(text).to.include('virt-operator:v1.2.0').and.not.include(':v1.9.0');
    expect(parseAllDocuments(text).every(({ errors }) => errors.length === 0)).to.equal(true);
  });

  it('has none at all', async () => {
    await spoilManifests(mirror, { 'v1.9.0': 'missing' });
    expect(await readdir(join(mirror, 'v1.9.0'))).to.deep.equal(['kubevirt-cr.yaml']);
  });
});
