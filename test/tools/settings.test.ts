import { expect } from 'chai';
import { describe, it } from 'mocha';
import { resolveSettings } from '../../harness/config/resolve.ts';
import { TUNNEL_ROWS } from '../../harness/tools/rows.ts';

describe('the settings of commands beside the run', () => {
  const resolve = (argv: readonly string[], { env = {}, text = '', isTunnel = true } = {}) =>
    resolveSettings({
      argv,
      env,
      file: { path: '/project/sevlane.yaml', text },
      workingFolder: '/project',
      providers: [{ name: 'external', simulated: false, settings: [] }],
      isProof: true,
      ...(isTunnel ? { commandRows: TUNNEL_ROWS } : { otherRows: TUNNEL_ROWS }),
    });
  const problems = (resolution: ReturnType<typeof resolve>) =>
    resolution.ok ? [] : resolution.problems.map(({ place, problem }) => `${place}: ${problem}`);

  it('add up where a list is given several times', () => {
    const argv = [
      '--provider',
      'external',
      '--forward',
      '1:a:1,2:b:2',
      '--forward=3:c:3',
      '--socks',
      '1',
      '--socks',
      '2',
    ];
    const { values } = resolve(argv);
    expect((values.forward as readonly unknown[]).length).to.equal(3);
    expect(values.socks).to.deep.equal({ host: '127.0.0.1', port: 2 });
  });

  it('may stand in sevlane.yaml and the environment, where other commands let them be', () => {
    const sources = { env: { SEVLANE_SOCKS: '1080' }, text: 'forward: "8443:api:443"\nprovider: external\n' };
    const tunnel = resolve([], sources);
    expect(problems(tunnel)).to.deep.equal([]);
    expect(tunnel.values.socks).to.deep.equal({ host: '127.0.0.1', port: 1080 });
    const run = resolve([], { ...sources, isTunnel: false });
    expect(problems(run)).to.deep.equal([]);
    expect(run.values).to.not.have.property('socks');
    expect(problems(resolve(['--socks', '1080'], { ...sources, isTunnel: false }))).to.deep.equal([
      '--socks: no such flag',
    ]);
  });

  it('are no mistake for a sevlane that runs under another one', () => {
    const env = { SEVLANE_WATCHED: '/tmp/sevlane-x', SEVLANE_WATCHEDD: '1' };
    expect(problems(resolve(['--provider', 'external'], { env }))).to.deep.equal(['SEVLANE_WATCHEDD: no such setting']);
  });
});
