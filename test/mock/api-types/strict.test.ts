import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { prune } from '../../../providers/mock/api/structural.ts';
import { skipBecause } from '../../programs.ts';

const VECTORS = '../shared/vectors';

describe('built-in kinds', () => {
  it('know every field of what KubeVirt installs and of its launcher pods', function () {
    if (!existsSync(VECTORS)) return skipBecause(this, 'the recordings beside this project are not there');
    const unknown = new Map<string, string>();
    let seen = 0;
    for (const { object, file } of recordedObjects()) {
      const [group, version] = groupVersionOf(object.apiVersion);
      const type = builtinTypes().find(
        (one) => one.kind === object.kind && one.group === group && one.version === version,
      );
      if (type === undefined) {
        if (!group.endsWith('kubevirt.io')) unknown.set(`${object.apiVersion} ${object.kind}`, file);
        continue;
      }
      seen += 1;
      for (const field of prune(object, type.schema).unknownFields) {
        unknown.set(`${object.kind} ${field.replace(/\[\d+\]/g, '[]')}`, file);
      }
    }
    expect([...unknown]).to.deep.equal([]);
    expect(seen).to.be.greaterThan(200);
  });
});

function* recordedObjects(): Generator<{ readonly object: KubeObject; readonly file: string }> {
  for (const folder of [
    'kubevirt-live/objects',
    'kubevirt/v1.9.0/pods',
    'kubevirt/v1.7.4/pods',
    'kubevirt/v1.6.6/pods',
  ]) {
    const path = `${VECTORS}/${folder}`;
    if (!existsSync(path)) continue;
    for (const name of readdirSync(path)) {
      const content = JSON.parse(readFileSync(`${path}/${name}`, 'utf8'));
      const pod = folder.endsWith('pods') ? { apiVersion: 'v1', kind: 'Pod' } : {};
      for (const object of content.items ?? [content])
        yield { object: { ...pod, ...object }, file: `${folder}/${name}` };
    }
  }
  for (const name of ['kubevirt-operator.yaml', 'kubevirt-cr.yaml']) {
    const text = readFileSync(`${VECTORS}/kubevirt-live/manifests/${name}`, 'utf8');
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS();
      if (object !== null) yield { object, file: name };
    }
  }
}

function groupVersionOf(apiVersion: string): readonly [string, string] {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}
