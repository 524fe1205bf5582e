import { expect } from 'chai';
import { readScenario } from '../../../providers/mock/scenario/read.ts';

const HEAD = 'name: mine\ndescription: An outage that we had.\n';

describe('reading a scenario', () => {
  it('takes YAML and JSON alike', () => {
    const yaml = readScenario(`${HEAD}faults:\n  - connection: cut\n    when: { event: "guest sev *", afterMs: 5 }\n`);
    const json = readScenario(
      '{"name": "mine", "description": "An outage that we had.", "faults":' +
        ' [{"connection": "cut", "when": {"event": "guest sev *", "afterMs": 5}}]}',
    );
    expect(yaml).to.have.property('scenario');
    expect(json).to.deep.equal(yaml);
  });

  it('tells all mistakes at once, each with its line, column and place', () => {
    const text = [
      'name: Mine',
      'description: x',
      'faults:',
      '  - connection: cutt',
      '  - guest: sev',
      '    realy: none',
      '  - api: { verb: list }',
      '    answer: status',
      '    status: 200',
    ].join('\n');
    expect(problems(text)).to.deep.equal([
      '1:1 name: "Mine" is not in lower case letters, digits and dashes; see docs/scenarios.md',
      '4:5 faults[0].connection: is "cutt"; did you mean cut?',
      '6:5 faults[1].realy: is not known here; did you mean really?',
      '9:5 faults[2].status: is 200; must be at least 400',
    ]);
  });

  it('looks on where the kind of a fault cannot be made out', () => {
    const text = [
      'name: mine',
      'description: x',
      'faults:',
      '  - { api: { verb: get, resorce: pods }, answer: statuss, times: 0 }',
      '  - { connection: cutt, when: { nth: 0 } }',
    ].join('\n');
    expect(problems(text)).to.deep.equal([
      '4:25 faults[0].api.resorce: is not known here; did you mean resource?',
      '4:42 faults[0].answer: is "statuss"; did you mean status?',
      '4:59 faults[0].times: is 0; must be at least 1',
      '5:7 faults[1].connection: is "cutt"; did you mean cut?',
      '5:33 faults[1].when.nth: is 0; must be at least 1',
    ]);
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ['a fault without a subject', '- conection: cut', 'faults[0]: has no subject; did you mean connection?'],
    [
      'a fault with two subjects',
      '- { connection: cut, host: {} }',
      'faults[0]: has 2 subjects, host and connection; make a fault of each',
    ],
    [
      'a field of another variant',
      '- { api: { verb: get }, answer: cut, status: 500 }',
      'faults[0].status: is not known here; leave it out: it goes with answer: status only',
    ],
    ['a fault that is no mapping', '- cut', 'faults[0]: is no mapping; name a subject: host, files'],
    [
      'a host field that is none',
      '- host: { cpu.flag: [] }',
      'host.cpu.flag: is not known here; did you mean cpu.flags?',
    ],
    ['a host field of another type', '- host: { sev: "yes" }', 'faults[0].host.sev: is "yes"; must be a boolean'],
    ['a relative file', '- files: { etc/x: y }', 'faults[0].files.etc/x: is no absolute path; begin it with /'],
    ['a count that nothing can count', '- { guest: sev, when: { nth: 2 } }', 'add the event that is counted'],
    ['a trigger that is no trigger', '- { guest: sev, when: never }', 'is "never"; must be "at once" or a mapping'],
    ['an empty trigger', '- { guest: sev, when: {} }', 'is empty: say event, nth, afterMs or chance'],
    ['a chance above one', '- { api: {}, answer: cut, when: { chance: 2 } }', 'when.chance: is 2; must be at most 1'],
    ['an answer without its status', '- { api: {}, answer: status }', 'faults[0].status: is missing; add it, a number'],
    ['an answer that is none', '- { api: {}, answer: expire }', 'faults[0].answer: is "expire"; did you mean expired?'],
  ];
  for (const [what, fault, problem] of wrong) {
    it(`refuses ${what}`, () => {
      expect(problems(`${HEAD}faults:\n  ${fault}\n`).join('\n')).to.include(problem);
    });
  }

  it('refuses a verdict that is no regular expression, and a file without its parts', () => {
    const text = `${HEAD}expect: { exit: 1, blame: product, verdict: "(" }\nfaults: []\n`;
    expect(problems(text).join('\n')).to.include('3:36 expect.verdict: "(" is no regular expression');
    expect(problems('name: x\n')).to.have.lengthOf(2);
    expect(problems('')).to.have.lengthOf(1);
  });

  it('says where the text stops being YAML', () => {
    expect(problems('name: x\nfaults: [\n').join('\n')).to.match(/^3:1 : .*sequence/);
    expect(problems('name: x\nname: y\n').join('\n')).to.match(/^2:1 : .*unique/);
  });
});

function problems(text: string): readonly string[] {
  const read = readScenario(text);
  if ('scenario' in read) return [];
  return read.problems.map(({ line, column, place, problem, fix }) => `${line}:${column} ${place}: ${problem}; ${fix}`);
}
