import { expect } from 'chai';
import fc from 'fast-check';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { jsonPatch, PatchError } from '../../../providers/mock/api/patch/json-patch.ts';
import { mergePatch } from '../../../providers/mock/api/patch/merge-patch.ts';
import { applyPatch } from '../../../providers/mock/api/patch/server-side-apply.ts';
import { strategicMergePatch } from '../../../providers/mock/api/patch/strategic-merge-patch.ts';
import { trackUpdate } from '../../../providers/mock/api/patch/track-update.ts';
import type { ResourceType } from '../../../providers/mock/api/resource-type.ts';

function typeOf(kind: string): ResourceType {
  const type = builtinTypes().find((one) => one.kind === kind);
  if (type === undefined) throw new Error(`no ${kind}`);
  return type;
}

const object = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
const EARLY = '2030-01-01T00:00:00Z';
const LATE = '2030-01-02T00:00:00Z';

describe('a merge patch', () => {
  it('applied twice is as applied once, and leaves no null of its own', () => {
    fc.assert(
      fc.property(object, object, (live, patch) => {
        const once = mergePatch(live, patch);
        expect(mergePatch(once, patch)).to.deep.equal(once);
        for (const [name, value] of Object.entries(patch)) {
          expect(Object.hasOwn(once as object, name)).to.equal(value !== null);
        }
      }),
    );
  });

  it('does not touch the object that it is applied to', () => {
    const live = Object.freeze({ a: Object.freeze({ b: 1 }) });
    expect(mergePatch(live, { a: { b: null, c: 2 } })).to.deep.equal({ a: { c: 2 } });
  });
});

describe('a JSON patch', () => {
  it('applies whole or not at all', () => {
    const live = { data: { a: '1' } };
    const operations = [
      { op: 'add', path: '/data/b', value: '2' },
      { op: 'test', path: '/data/a', value: 'no' },
    ];
    expect(() => jsonPatch(live, operations)).to.throw(PatchError);
    expect(live).to.deep.equal({ data: { a: '1' } });
    expect(jsonPatch(live, operations.slice(0, 1))).to.deep.equal({ data: { a: '1', b: '2' } });
  });

  it('that names what is not there, or no operation, is refused', () => {
    for (const operation of [
      { op: 'remove', path: '/x' },
      { op: 'replace', path: '/x', value: 1 },
      { op: 'add', path: '/x/y', value: 1 },
      { op: 'swap', path: '/x' },
      { path: '/x' },
    ]) {
      expect(() => jsonPatch({}, [operation]), JSON.stringify(operation)).to.throw(PatchError);
    }
  });
});

describe('a strategic merge patch', () => {
  const pod = typeOf('Pod').schema;
  const live = {
    spec: {
      containers: [
        { name: 'a', image: '1', args: ['x'], env: [{ name: 'E', value: '1' }] },
        { name: 'b', image: '1' },
      ],
      volumes: [{ name: 'v', configMap: { name: 'c' } }],
      tolerations: [{ key: 't' }],
    },
    metadata: { finalizers: ['a/x', 'a/y'], labels: { l: '1' } },
  };
  const patched = (patch: object) => strategicMergePatch(live, patch, pod) as typeof live;

  it('merges lists by their keys and replaces those that have none', () => {
    const { spec } = patched({ spec: { containers: [{ name: 'b', image: '2' }], tolerations: [{ key: 'u' }] } });
    expect(spec.containers.map((one) => `${one.name}${one.image}`)).to.deep.equal(['a1', 'b2']);
    expect(spec.tolerations).to.deep.equal([{ key: 'u' }]);
    const { containers } = patched({
      spec: { containers: [{ name: 'a', env: [{ name: 'F', value: '2' }], args: ['y'] }] },
    }).spec;
    expect(containers[0]).to.deep.equal({
      name: 'a',
      image: '1',
      args: ['y'],
      env: [
        { name: 'F', value: '2' },
        { name: 'E', value: '1' },
      ],
    });
  });

  it('follows the directives', () => {
    expect(patched({ spec: { containers: [{ name: 'a', $patch: 'delete' }] } }).spec.containers).to.have.length(1);
    const replaced = patched({ spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } }).spec.containers;
    expect(replaced).to.deep.equal([{ name: 'z' }]);
    expect(patched({ metadata: { $patch: 'replace', labels: { m: '1' } } }).metadata).to.deep.equal({
      labels: { m: '1' },
    });
    expect(patched({ metadata: { '$deleteFromPrimitiveList/finalizers': ['a/x'] } }).metadata.finalizers).to.deep.equal(
      ['a/y'],
    );
    expect(patched({ metadata: { finalizers: ['a/z'] } }).metadata.finalizers).to.have.members(['a/x', 'a/y', 'a/z']);
    const volume = { name: 'v', secret: { secretName: 's' }, $retainKeys: ['name', 'secret'] };
    expect(patched({ spec: { volumes: [volume] } }).spec.volumes).to.deep.equal([
      { name: 'v', secret: { secretName: 's' } },
    ]);
    const order = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
    expect(patched({ spec: order }).spec.containers.map((one) => one.name)).to.deep.equal(['b', 'a']);
    const both = {
      ...order,
      containers: [{ name: 'c', image: '3' }],
      '$setElementOrder/containers': [{ name: 'c' }, { name: 'b' }, { name: 'a' }],
    };
    expect(patched({ spec: both }).spec.containers.map((one) => one.name)).to.deep.equal(['c', 'b', 'a']);
  });

  it('with a directive that makes no sense, or an item without its key, is refused', () => {
    expect(() => patched({ spec: { $patch: 'nope' } })).to.throw(PatchError, 'nope');
    expect(() => patched({ spec: { containers: [{ image: 'x' }] } })).to.throw(PatchError, 'merge key: name');
    expect(() => patched({ spec: { volumes: [{ name: 'v', secret: {}, $retainKeys: ['name'] }] } })).to.throw(
      PatchError,
      'secret',
    );
  });
});

describe('server-side apply', () => {
  const type = typeOf('ConfigMap');
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'), { maxKeys: 4 });
  const config = (values: Readonly<Record<string, string>>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'm' },
    data: values,
  });
  const applied = (
    live: KubeObject | undefined,
    values: Readonly<Record<string, string>>,
    manager: string,
    time = EARLY,
  ): KubeObject => {
    const result = applyPatch({ live, applied: config(values), manager, force: true, type, subresource: '', time });
    if (!('object' in result)) throw new Error(JSON.stringify(result));
    return result.object;
  };

  it('twice is as once, times included', () => {
    fc.assert(
      fc.property(data, data, (first, second) => {
        const start = applied(applied(undefined, first, 'one'), second, 'two');
        expect(applied(start, second, 'two', LATE)).to.deep.equal(start);
      }),
    );
  });

  it('by force makes every value applied the one that is there, and takes out what only this manager had', () => {
    fc.assert(
      fc.property(data, data, data, (one, first, second) => {
        const end = applied(applied(applied(undefined, one, 'one'), first, 'two'), second, 'two');
        const values = (end.data ?? {}) as Record<string, string>;
        for (const [key, value] of Object.entries(second)) expect(values[key]).to.equal(value);
        for (const key of Object.keys(values)) {
          const shared = Object.hasOwn(one, key) && (one[key] === first[key] || !Object.hasOwn(first, key));
          expect(Object.hasOwn(second, key) || shared, key).to.equal(true);
        }
      }),
    );
  });

  it('names every conflict with its manager, and changes nothing', () => {
    const live = applied(undefined, { a: '1', b: '1' }, 'one');
    const next = { ...live, data: { a: '1', b: '1', c: '1' } };
    const updated = trackUpdate({ old: live, next, manager: 'edit', subresource: '', time: EARLY, type });
    const result = applyPatch({
      live: updated,
      applied: config({ a: '2', b: '2', c: '2' }),
      manager: 'two',
      force: false,
      type,
      subresource: '',
      time: LATE,
    });
    if (!('conflicts' in result)) return expect.fail('no conflict');
    expect(result.message).to.equal(
      'Apply failed with 3 conflicts: conflicts with "edit" using v1:\n- .data.c\nconflicts with "one":\n- .data.a\n- .data.b',
    );
    expect(result.conflicts.map((cause) => cause.field)).to.have.members(['.data.a', '.data.b', '.data.c']);
  });

  it('books keyed items and sets one by one, and atomic values as one', () => {
    const pods = typeOf('Pod');
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', finalizers: ['a/x'] },
      spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }], nodeSelector: { k: 'v' } },
    };
    const result = applyPatch({
      live: undefined,
      applied: pod,
      manager: 'm',
      force: false,
      type: pods,
      subresource: '',
      time: EARLY,
    });
    if (!('object' in result)) return expect.fail('not applied');
    expect(result.object.metadata.managedFields?.[0]?.fieldsV1).to.deep.equal({
      'f:metadata': { 'f:finalizers': { 'v:"a/x"': {} } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"c"}': {
            '.': {},
            'f:image': {},
            'f:name': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
        'f:nodeSelector': {},
      },
    });
  });

  it('takes out what is no longer applied, and leaves what the server filled in beside it', () => {
    const deployments = typeOf('Deployment');
    const wanted = (spec: object): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        ...spec,
      },
    });
    const apply = (live: KubeObject | undefined, configuration: KubeObject) => {
      const request = { live, applied: configuration, manager: 'm', force: false, type: deployments, subresource: '' };
      const result = applyPatch({ ...request, time: EARLY });
      if (!('object' in result)) throw new Error(JSON.stringify(result));
      return result.object;
    };
    const live = deployments.strategy.defaults(apply(undefined, wanted({ replicas: 2, paused: true })));
    const { spec } = apply(live, wanted({ paused: true })) as { readonly spec?: object };
    expect(spec).not.to.have.property('replicas');
    expect(spec).to.deep.include({ paused: true, revisionHistoryLimit: 10 });
    expect(spec).to.deep.nested.include({
      'strategy.type': 'RollingUpdate',
      'template.spec.dnsPolicy': 'ClusterFirst',
    });
  });

  it('over an object that nobody managed keeps what was there', () => {
    const result = applied({ ...config({ a: '1', b: '1' }), metadata: { name: 'm' } }, { a: '2' }, 'one');
    expect(result.data).to.deep.equal({ a: '2', b: '1' });
    expect(result.metadata.managedFields?.map((entry) => entry.manager)).to.deep.equal(['one', 'before-first-apply']);
  });

  it('tells all that its schema does not know', () => {
    const wrong = { ...config({}), nope: 1, data: { a: 1 } } as unknown as KubeObject;
    const result = applyPatch({
      live: undefined,
      applied: wrong,
      manager: 'm',
      force: false,
      type,
      subresource: '',
      time: EARLY,
    });
    if (!('refusal' in result)) return expect.fail('was applied');
    expect(result.refusal.message)
      .to.include('.nope: field not declared in schema')
      .and.include('.data.a: expected string');
  });
});

describe('an update', () => {
  const type = typeOf('ConfigMap');
  const first: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: '1' } };
  const track = (old: KubeObject | undefined, next: KubeObject, manager: string, time: string) =>
    trackUpdate({ old, next, manager, subresource: '', time, type });

  it('that changes nothing changes no time, one that does takes the fields over', () => {
    const created = track(undefined, first, 'one', EARLY);
    expect(track(created, created, 'two', LATE)).to.deep.equal(created);
    const changed = track(created, { ...created, data: { a: '2' } }, 'two', LATE);
    expect(changed.metadata.managedFields?.map(({ manager, time }) => [manager, time])).to.deep.equal([
      ['one', EARLY],
      ['two', LATE],
    ]);
    expect(changed.metadata.managedFields?.[1]?.fieldsV1).to.deep.equal({ 'f:data': { 'f:a': {} } });
  });

  it('with one empty entry resets the managers, without any keeps them', () => {
    const created = track(undefined, first, 'one', EARLY);
    const reset = { ...created, metadata: { name: 'm', managedFields: [{}] as never } };
    expect(track(created, reset, 'two', LATE).metadata.managedFields).to.equal(undefined);
    const silent = { ...created, metadata: { name: 'm' } };
    expect(track(created, silent, 'two', LATE).metadata.managedFields).to.deep.equal(created.metadata.managedFields);
  });

  it('by an eleventh manager throws the oldest together', () => {
    let object = first;
    let old: KubeObject | undefined;
    for (let n = 0; n < 13; n += 1) {
      const next = { ...object, data: { ...(object.data as object), [`k${n}`]: '1' } };
      object = track(old, next, `m${n}`, `2030-01-01T00:00:${String(n).padStart(2, '0')}Z`);
      old = object;
    }
    const managers = object.metadata.managedFields?.map((entry) => entry.manager) ?? [];
    expect(managers).to.have.length(10).and.include('ancient-changes').and.not.include('m0');
  });
});
