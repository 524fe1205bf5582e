import { expect } from 'chai';
import { decodeProblem } from '../../../providers/mock/api/decode-problem.ts';
import { goShape } from '../../../providers/mock/api/go-shape.ts';
import { sameSent } from '../../../providers/mock/api/json.ts';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import { wholeSchema } from '../../../providers/mock/api/kinds/meta.ts';
import type { ResourceType } from '../../../providers/mock/api/resource-type.ts';
import type { Schema } from '../../../providers/mock/api/schema.ts';
import { openStore } from '../../../providers/mock/api/store.ts';
import { applyDefaults, prune } from '../../../providers/mock/api/structural.ts';

const KEY = { resource: 'pods', namespace: 'test', name: 'one' };
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'one',
    namespace: 'test',
    creationTimestamp: null as unknown as string,
    labels: { b: '1', a: '2' },
  },
  spec: {
    nodeName: '',
    containers: [{ image: 'i', name: 'c', resources: { limits: { memory: '1024Mi' } }, nothing: 1 }],
  },
};

describe('an object in its shape', () => {
  it('is taken as it is the next time, and shaped anew where it has changed', () => {
    const whole = wholeSchema(pods().schema);
    const store = openStore(10);
    const stored = store.create(KEY, goShape(POD, whole) as typeof POD);
    expect(goShape(stored, whole)).to.equal(stored);
    const spec = stored.spec as typeof POD.spec;
    const changed = goShape({ ...stored, spec: { ...spec, nodeName: 'n', hostNetwork: false } }, whole) as typeof POD;
    expect(changed.spec).to.deep.equal({ ...spec, nodeName: 'n' });
    expect(changed.spec.containers).to.equal(spec.containers);
    expect(Object.keys(changed.metadata.labels)).to.deep.equal(['a', 'b']);
  });

  it('is remembered only for the schema that it fits', () => {
    const store = openStore(10);
    const stored = store.create(KEY, { ...POD, spec: { kept: { old: 1, wrong: 2 } } });
    const [loose, strict] = [schemaWith('old', 'wrong'), schemaWith('old')];
    expect(prune(stored, loose).unknownFields).to.deep.equal([]);
    for (let times = 0; times < 2; times += 1)
      expect(prune(stored, strict).unknownFields).to.deep.equal(['spec.kept.wrong']);
    expect(applyDefaults(stored, loose)).to.equal(stored);
    const filling = schemaWith('old', 'wrong', 'new');
    for (let times = 0; times < 2; times += 1)
      expect(applyDefaults(stored, filling).spec).to.deep.equal({ kept: { old: 1, wrong: 2, new: 7 } });
  });

  it('is looked at again while it can still change', () => {
    const spec = { nodeName: 'n' as unknown };
    const pod = { ...POD, metadata: { name: 'one' }, spec };
    expect(decodeProblem(pod, pods())).to.equal(undefined);
    spec.nodeName = 5;
    expect(decodeProblem(pod, pods())).to.contain('PodSpec.spec.nodeName of type string');
  });

  it('is the same as sent, whatever the order of its fields and without those that are undefined', () => {
    expect(sameSent({ a: 1, b: [{ c: undefined }] }, { b: [{}], a: 1, d: undefined })).to.equal(true);
    expect(sameSent({ a: null }, { a: undefined })).to.equal(false);
    expect(sameSent([1, 2], [2, 1])).to.equal(false);
  });
});

function pods(): ResourceType {
  const found = builtinTypes().find(({ kind, group }) => kind === 'Pod' && group === '');
  if (found === undefined) throw new Error('no pods');
  return found;
}

function schemaWith(...names: readonly string[]): Schema {
  const field = (name: string): Schema => ({ type: 'integer', ...(name === 'new' ? { default: 7 } : {}) });
  const kept: Schema = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, field(name)])) };
  return { type: 'object', properties: { spec: { type: 'object', properties: { kept } } } };
}
