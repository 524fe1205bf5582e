import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { scenarioJsonSchema } from '../../../providers/mock/scenario/json-schema.ts';
import { loadScenario, scenarioNames } from '../../../providers/mock/scenario/named.ts';

describe('the scenarios that come along', () => {
  for (const name of scenarioNames()) {
    it(`${name} is in the grammar, under its own name, and says what it must lead to`, () => {
      const loaded = loadScenario(name);
      if (!('scenario' in loaded)) throw new Error(JSON.stringify(loaded.problems));
      expect(loaded.scenario.name).to.equal(name);
      const { blame, exit, verdict } = loaded.scenario.expect ?? { blame: 'usage', exit: 2, verdict: '' };
      const exits: Readonly<Record<string, number>> = { none: 0, product: 1, infra: 3 };
      expect(exit).to.equal(exits[blame]);
      expect(verdict).to.match(blame === 'none' ? /^\^passed/ : new RegExp(`^\\^${blame}: `));
    });
  }

  it('are offered when a name is mistyped', () => {
    const loaded = loadScenario('guest-lie');
    if ('scenario' in loaded) throw new Error('found');
    expect(loaded.problems[0]?.problem).to.equal('no scenario is called "guest-lie"');
    expect(loaded.problems[0]?.fix).to.match(/^did you mean guest-lies\? there are api-throttles, .*wrong-host-key/);
  });

  it('are not looked for when a file is named', () => {
    const loaded = loadScenario('./nowhere.yaml');
    if ('scenario' in loaded) throw new Error('found');
    expect(loaded.problems).to.deep.equal([
      { place: './nowhere.yaml', problem: 'cannot be read: ENOENT', fix: 'name a file that exists' },
    ]);
  });
});

describe('scenario.schema.json', () => {
  it('is the grammar as it stands (dist/test/mock/scenario/write-schema.js writes it anew)', () => {
    const file = new URL('../../../../providers/mock/scenario/scenario.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(JSON.parse(scenarioJsonSchema()));
  });
});
