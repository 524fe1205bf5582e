import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBody } from '../../../providers/mock/api/body.ts';
import { decodeProblem, strictProblems } from '../../../providers/mock/api/decode-problem.ts';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import { type Recording, recordings, recordingsHere, typeOf } from './recordings.ts';

const json = (text: string) => decodeBody(Buffer.from(text), 'application/json');
const yaml = (text: string) => decodeBody(Buffer.from(text), 'application/yaml');

describe('a body', () => {
  it('is read as JSON like JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(json(text).value).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it('that is no JSON is refused in the words of the real server', () => {
    const problems: readonly (readonly [string, string])[] = [
      ['{"apiVersion":"v1",', 'unexpected end of JSON input'],
      ['', 'unexpected end of JSON input'],
      ['x', "invalid character 'x' looking for beginning of value"],
      ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
      ['{"a" 1}', "invalid character '1' after object key"],
      ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
      ['[1 2]', "invalid character '2' after array element"],
      ['{} x', "invalid character 'x' after top-level value"],
      ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ];
    for (const [text, problem] of problems) expect(() => json(text), text).to.throw(problem);
  });

  it('tells which fields stand there twice, and takes the last', () => {
    const { value, duplicates } = json('{"data":{"a":"1","a":"2"},"l":[{"x":1,"x":2}]}');
    expect(value).to.deep.equal({ data: { a: '2' }, l: [{ x: 2 }] });
    expect(duplicates).to.deep.equal(['data.a', 'l[0].x']);
    expect(yaml('a: 1\nb:\n  c: 1\n  c: 2\n').duplicates).to.deep.equal(['b.c']);
  });

  it('is read as YAML like the real server does', () => {
    const { value } = yaml('a: yes\nb: 2001-12-14\nc: "1"\nd: |\n  text\n');
    expect(value).to.deep.equal({ a: true, b: '2001-12-14', c: '1', d: 'text\n' });
    expect(() => yaml('a: b: c\n')).to.throw(/^error converting YAML to JSON: yaml: line 1: /);
  });
});

describe('strict decoding', () => {
  const texts = recordingsHere ? recordings().filter((one) => strictText(one) !== undefined) : [];
  if (!recordingsHere) it.skip('needs the recordings beside this project');
  for (const one of texts) {
    it(`tells unknown and duplicate fields in the real order: ${one.n} ${one.group}/${one.name}`, () => {
      const type = typeOf(one);
      if (type === undefined) return expect.fail('no type');
      const { value, duplicates } = json(String(one.request.body));
      expect(strictProblems(value as never, type, duplicates).join(', ')).to.equal(strictText(one));
    });
  }

  for (const one of recordingsHere ? recordings().filter((each) => [43, 236].includes(each.n)) : []) {
    it(`tells values of the wrong type: ${one.n} ${one.group}/${one.name}`, () => {
      const type = typeOf(one);
      if (type === undefined) return expect.fail('no type');
      const { message } = one.response.body as { readonly message: string };
      const problem = decodeProblem(one.request.body as never, type);
      expect(`${type.kind} in version "v1" cannot be handled as a ${type.kind}: ${problem}`).to.equal(message);
    });
  }

  it('names the innermost struct and the whole path of a value of the wrong type', () => {
    const problemOf = (kind: string, object: object) => {
      const type = builtinTypes().find((one) => one.kind === kind);
      return type === undefined ? 'no type' : decodeProblem(object as never, type);
    };
    const go = (found: string, field: string, type: string) =>
      `json: cannot unmarshal ${found} into Go struct field ${field} of type ${type}`;
    expect(problemOf('Deployment', { spec: { replicas: 'x' } })).to.equal(
      go('string', 'DeploymentSpec.spec.replicas', 'int32'),
    );
    expect(problemOf('Pod', { spec: { containers: {} } })).to.equal(
      go('object', 'PodSpec.spec.containers', '[]v1.Container'),
    );
    expect(problemOf('Pod', { metadata: { labels: { a: 1 } } })).to.equal(
      go('number', 'ObjectMeta.metadata.labels', 'string'),
    );
    const lease = problemOf('Lease', { spec: { renewTime: '2030-01-01T00:00:00Z' } });
    expect(lease).to.equal(
      'parsing time "2030-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    );
    expect(problemOf('Lease', { spec: { renewTime: '2030-01-01T00:00:00.000000Z' } })).to.equal(undefined);
  });
});

function strictText(one: Recording): string | undefined {
  const { message = '' } = (one.response.body ?? {}) as { readonly message?: string };
  return typeof message === 'string' ? /strict decoding error: (.*)$/.exec(message)?.[1] : undefined;
}
