import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { evaluateCel } from '../../../providers/mock/api/cel.ts';
import { typesOfCrd } from '../../../providers/mock/api/crd.ts';
import { parseJsonPath } from '../../../providers/mock/api/json-path.ts';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import type { KubeObject, StatusCause } from '../../../providers/mock/api/objects.ts';
import { applyDefaults, prune } from '../../../providers/mock/api/structural.ts';
import { validateSchema } from '../../../providers/mock/api/validate-schema.ts';
import { skipBecause } from '../../programs.ts';

const REAL = '../shared/vectors/kubevirt-live/objects/crd.json';

function gadget(schema: object, more: object = {}): KubeObject {
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
      versions: [version],
    },
  };
}

const spec = (properties: object, more: object = {}) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, ...more } },
});

function causesOf(schema: object, value: object): readonly StatusCause[] {
  const [type] = typesOfCrd(gadget(schema)).types;
  if (type === undefined) throw new Error('the definition was refused');
  const object: KubeObject = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: value };
  return [...validateSchema(object, type.schema), ...type.strategy.validate(object)];
}

const texts = (causes: readonly StatusCause[]) => causes.map(({ field, message }) => `${field}: ${message}`);

describe('a CustomResourceDefinition', () => {
  it('of KubeVirt makes types that know and accept what stands in the cluster', function () {
    if (!existsSync(REAL)) return skipBecause(this, 'the recordings beside this project are not there');
    const definitions = (JSON.parse(readFileSync(REAL, 'utf8')) as { readonly items: readonly KubeObject[] }).items;
    const definition = builtinTypes().find((type) => type.kind === 'CustomResourceDefinition');
    for (const crd of definitions) {
      const { types, problems } = typesOfCrd(crd);
      expect(problems, crd.metadata.name).to.deep.equal([]);
      expect(definition?.strategy.defaults(crd), crd.metadata.name).to.deep.equal(crd);
      for (const type of types) {
        const empty: KubeObject = {
          apiVersion: `${type.group}/${type.version}`,
          kind: type.kind,
          metadata: { name: 'x' },
        };
        expect(() => type.strategy.validate(applyDefaults(empty, type.schema)), type.kind).not.to.throw();
        expect(type.columns.map((column) => column.cell(empty, new Date()))).to.have.length(type.columns.length);
      }
    }
    expect(definitions.length).to.be.greaterThan(10);
  });

  it('that is not structural, or names itself wrongly, is refused with every reason', () => {
    const wrong = gadget({ type: 'object', properties: { a: {}, b: { type: 'array' } } });
    const { types, problems } = typesOfCrd({ ...wrong, metadata: { name: 'x.example.com' } });
    expect(types).to.deep.equal([]);
    expect(texts(problems)).to.deep.equal([
      'metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group',
      'spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
      'spec.validation.openAPIV3Schema.properties[b].items: Required value: must be specified',
    ]);
  });
});

describe('a version of a custom resource', () => {
  const schema = spec({ n: { type: 'integer' }, phase: { type: 'string' } });

  it('shows the columns that its definition names, and leaves a cell empty for what does not fit', () => {
    const columns = [
      { name: 'N', type: 'integer', jsonPath: '.spec.n' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
      { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ];
    const [type] = typesOfCrd(gadget(schema, { additionalPrinterColumns: columns })).types;
    const now = new Date('2030-01-01T00:01:00Z');
    const cells = (object: object) =>
      type?.columns.map((column) =>
        column.cell({ apiVersion: 'e/v1', kind: 'G', metadata: { name: 'g' }, ...object }, now),
      );
    const metadata = { name: 'g', creationTimestamp: '2030-01-01T00:00:00Z' };
    const status = {
      conditions: [
        { type: 'Other', status: 'x' },
        { type: 'Ready', status: 'True' },
      ],
    };
    expect(cells({ metadata, spec: { n: 3 }, status })).to.deep.equal(['g', 3, 'True', '60s']);
    expect(cells({ spec: { n: 'three' } })).to.deep.equal(['g', null, null, null]);
  });

  it('with a column or a selectable field that cannot be read is refused', () => {
    const more = {
      additionalPrinterColumns: [{ name: 'N', type: 'string', jsonPath: '.a[?x]' }],
      selectableFields: [{ jsonPath: '.b[' }],
    };
    const fields = typesOfCrd(gadget(schema, more)).problems.map((cause) => cause.field);
    expect(fields).to.deep.equal([
      'spec.versions[0].additionalPrinterColumns[0].jsonPath',
      'spec.versions[0].selectableFields[0].jsonPath',
    ]);
  });

  it('changes its generation with its content, not with status or metadata', () => {
    const [type] = typesOfCrd(gadget(schema, { subresources: { status: {} } })).types;
    const old: KubeObject = {
      apiVersion: 'e/v1',
      kind: 'G',
      metadata: { name: 'g', generation: 4 },
      spec: { n: 1 },
      status: { s: 1 },
    };
    const changed = (object: KubeObject, subresource: string) =>
      type?.strategy.prepareForUpdate(object, old, subresource);
    const labelled = { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } };
    expect(changed({ ...labelled, status: { s: 2 } }, '')).to.deep.equal(labelled);
    expect(changed({ ...old, spec: { n: 2 } }, '')?.metadata.generation).to.equal(5);
    expect(changed({ ...labelled, spec: { n: 2 }, status: { s: 2 } }, 'status')).to.deep.equal({
      ...old,
      status: { s: 2 },
    });
  });
});

describe('a structural schema', () => {
  it('prunes what it does not know, but not below what it leaves open, and looks into embedded objects', () => {
    const schema = spec({
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { deep: { type: 'object' } } },
      pod: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
      list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
      map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'string' } } } },
    });
    const object = {
      apiVersion: 'v1',
      kind: 'K',
      metadata: { name: 'n', labels: { a: 'b' }, nope: 1 },
      spec: {
        open: { any: 1, deep: { gone: 1 } },
        pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', nope: 1 }, spec: {}, nope: 1 },
        list: [{ a: 'x' }, { b: 1 }],
        map: { k: { a: 'x', b: 1 } },
      },
      nope: 1,
    };
    const { unknownFields, object: pruned } = prune(object, schema as never);
    expect(unknownFields).to.deep.equal([
      'metadata.nope',
      'spec.open.deep.gone',
      'spec.pod.metadata.nope',
      'spec.pod.nope',
      'spec.list[1].b',
      'spec.map.k.b',
      'nope',
    ]);
    expect(pruned.spec.open).to.deep.equal({ any: 1, deep: {} });
    expect(prune(pruned, schema as never).unknownFields).to.deep.equal([]);
  });

  it('fills in defaults, also below defaults, and drops nulls where they may not be', () => {
    const schema = spec({
      a: { type: 'string', default: 'x' },
      b: { type: 'string', nullable: true, default: 'y' },
      c: { type: 'string' },
      d: { type: 'object', default: {}, properties: { e: { type: 'integer', default: 3 } } },
      l: { type: 'array', items: { type: 'object', properties: { e: { type: 'integer', default: 3 } } } },
    });
    const filled = applyDefaults({ spec: { a: null, b: null, c: null, l: [{}] } }, schema as never);
    expect(filled).to.deep.equal({ spec: { a: 'x', b: null, d: { e: 3 }, l: [{ e: 3 }] } });
  });

  it('tells what is wrong with values in the words of the real server', () => {
    const schema = spec(
      {
        n: { type: 'integer', format: 'int32', minimum: 1 },
        s: { type: 'string', minLength: 2, maxLength: 3 },
        l: { type: 'array', maxItems: 1, items: { type: 'string' } },
        set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        t: { type: 'string', format: 'date-time' },
        p: { 'x-kubernetes-int-or-string': true },
        slash: { type: 'string', pattern: '^\\/[\\-\\_a-z]+$' },
      },
      { required: ['must'] },
    );
    const value = { n: 0, s: 'a', l: ['a', 'b'], set: ['x', 'x'], t: 'now', p: true, slash: 'x' };
    expect(texts(causesOf(schema, value))).to.have.members([
      'spec.must: Required value',
      'spec.n: Invalid value: 0: spec.n in body should be greater than or equal to 1',
      'spec.s: Invalid value: "a": spec.s in body should be at least 2 chars long',
      'spec.l: Too many: 2: must have at most 1 items',
      'spec.set[1]: Duplicate value: "x"',
      'spec.t: Invalid value: "now": spec.t in body must be of type date-time: "now"',
      'spec.p: Invalid value: "boolean": spec.p in body must be of type integer,string: "boolean"',
      'spec.slash: Invalid value: "x": spec.slash in body should match \'^\\/[\\-\\_a-z]+$\'',
    ]);
    expect(causesOf(schema, { must: 1, n: 1, s: 'ab', set: ['x'], p: '5%', slash: '/a-_' })).to.deep.equal([]);
  });

  it('holds its rules in CEL, also over lists and with the old value', () => {
    const rules = (rule: string, message?: string) => [{ rule, ...(message === undefined ? {} : { message }) }];
    const schema = spec(
      {
        items: {
          type: 'array',
          items: {
            type: 'object',
            properties: { n: { type: 'integer' } },
            'x-kubernetes-validations': rules('self.n < 3', 'too big'),
          },
        },
        fixed: { type: 'string', 'x-kubernetes-validations': rules('self == oldSelf') },
      },
      { 'x-kubernetes-validations': rules('size(self.items) > 0 && self.items.all(i, has(i.n))', 'wants numbers') },
    );
    expect(texts(causesOf(schema, { items: [{ n: 5 }], fixed: 'a' }))).to.deep.equal([
      'spec.items[0]: Invalid value: "object": too big',
    ]);
    expect(texts(causesOf(schema, { items: [{}] }))[0]).to.equal('spec: Invalid value: "object": wants numbers');
    const [type] = typesOfCrd(gadget(schema)).types;
    const object = (fixed: string): KubeObject => ({
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: 'g', generation: 1 },
      spec: { items: [{ n: 1 }], fixed },
    });
    expect(texts(type?.strategy.validateUpdate(object('b'), object('a'), '') ?? [])).to.deep.equal([
      'spec.fixed: Invalid value: "string": failed rule: self == oldSelf',
    ]);
  });
});

describe('CEL', () => {
  it('understands what policies and definitions use', () => {
    const names = {
      object: { spec: { a: 1 }, metadata: { labels: { 'x/y': '1', z: '2' } } },
      oldObject: { metadata: { labels: { z: '2' } } },
      request: { userInfo: { username: 'u:v', extra: { k: ['n'] } } },
    };
    const truths = [
      "request.userInfo.username == 'u:v' && request.userInfo.username.startsWith('u:')",
      "object.metadata.labels.filter(k, k.contains('/')).map(k, object.metadata.labels[k]) == ['1']",
      'oldObject.metadata.labels.all(k, k in object.metadata.labels && object.metadata.labels[k] == oldObject.metadata.labels[k])',
      '!has(object.spec.b) || object.spec.b > 1',
      'object.spec.a == 1 ? size(object.metadata.labels) == 2 : false',
      'request.userInfo.extra[\'k\'][0] == "n" && [1, 2].exists(i, i % 2 == 0)',
      "'a-b'.matches('^[a-z]-b$') && -1 < 0 && (1 + 2) * 3 == 9 && 7 / 2 == 3",
      'object.nope.deep == 1 || true',
      "{'a': 1}.a == 1 && 'it\\'s' == \"it's\" && r'\\d' == '\\\\d'",
    ];
    for (const text of truths) expect(evaluateCel(text, names), text).to.equal(true);
  });

  it('names what is missing or cannot be read', () => {
    expect(() => evaluateCel('self.a.b', { self: { a: {} } })).to.throw('no such key: b');
    expect(() => evaluateCel('other', {})).to.throw("undeclared reference to 'other'");
    expect(() => evaluateCel('1 +', {})).to.throw('Unexpected token: EOF');
    expect(() => evaluateCel('self < 1', { self: 'a' })).to.throw('no such overload');
  });
});

describe('a JSONPath', () => {
  const value = {
    a: {
      'b.c': 1,
      list: [
        { n: 'x', v: 1 },
        { n: 'y', v: 2 },
      ],
    },
    d: null,
  };
  for (const [path, found] of [
    ['.a.list[0].n', ['x']],
    ['.a.list[-1].v', [2]],
    ['.a.list[*].n', ['x', 'y']],
    ['.a.list[?(@.n=="y")].v', [2]],
    ['.a.list[?(@.v!=2)].n', ['x']],
    ['.a.b\\.c', [1]],
    [".a['b.c']", [1]],
    ['{.d}', [null]],
    ['..n', ['x', 'y']],
    ['.nope.deep', []],
  ] as const) {
    it(`${path} finds what it names`, () => {
      expect(parseJsonPath(path)(value)).to.deep.equal(found);
    });
  }

  it('that cannot be read says from where on', () => {
    expect(() => parseJsonPath('.a[?bad]')).to.throw('"[?bad]"');
  });
});
