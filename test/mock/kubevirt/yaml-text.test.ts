import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parse } from 'yaml';
import { yamlText } from '../../../providers/mock/kubevirt/yaml-text.ts';

describe('a manifest as YAML', () => {
  it('is laid out in blocks, with lists under their key', () => {
    const object = { kind: 'A', spec: { list: [{ name: 'x', args: ['--port', '8443'] }, {}], empty: [], on: true } };
    expect(yamlText(object)).to.equal(
      [
        'kind: A',
        'spec:',
        '  list:',
        '  - name: x',
        '    args:',
        '    - "--port"',
        '    - "8443"',
        '  - {}',
        '  empty: []',
        '  "on": true',
        '',
      ].join('\n'),
    );
  });

  it('reads back as what was written, whatever that was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(parse(yamlText(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
