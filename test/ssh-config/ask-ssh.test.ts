import { existsSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { readAnswer } from '../../harness/ssh-config/ask-ssh.ts';
import type { SshRequest, SshSurroundings } from '../../harness/ssh-config/request.ts';
import { needProgram } from '../programs.ts';
import { accountAt, brief, type Desk, setDesk, surroundings } from './desk.ts';

describe('asking ssh what its configuration means', () => {
  let desk: Desk;
  before(function () {
    needProgram(this, 'ssh-keygen');
    desk = setDesk();
    desk.write('known', '');
    desk.key('id');
  });
  after(() => desk?.clear());
  const resolve = async (config: string, around: Partial<SshSurroundings>, changes: Partial<SshRequest> = {}) =>
    await desk.resolve(config, { knownHostsFiles: [desk.at('known')], keyFiles: [desk.at('id')], ...changes }, around);
  /** Something on PATH that calls itself ssh. */
  const fake = (script: string) => ({ program: desk.write('fake-ssh', `#!/bin/sh\n${script}\n`, 0o700) });
  const OPENSSH = '[ "$1" = -V ] && { echo OpenSSH_9.9p1 >&2; exit 0; }';

  it('reads what ssh answers', () => {
    const answer = readAnswer(
      'host a\nuser root\nidentityfile ~/one\nidentityfile ~/two\nuserknownhostsfile /a b /c ~/d\nempty \n',
    );
    expect(Object.fromEntries(answer)).to.deep.equal({
      host: ['a'],
      user: ['root'],
      identityfile: ['~/one', '~/two'],
      userknownhostsfile: ['/a b', '/c', '~/d'],
    });
  });

  it('does without an ssh that is another one, too old, or does not know the user', async () => {
    const config = 'Host amd1\n  HostName read.example\n';
    for (const [what, script] of [
      ['another ssh', `echo "Dropbear v2022.83" >&2; [ "$1" = -V ] || touch ${desk.at('connected')}`],
      ['an old one', `${OPENSSH}; echo "unknown option -- G" >&2; exit 255`],
      ['one that does not know the user', `${OPENSSH}; echo "No user exists for uid 1000680000" >&2; exit 255`],
      ['one that cannot run', 'exec /nonexistent'],
    ] as const) {
      const resolution = await resolve(config, fake(script));
      expect('target' in resolution && resolution.target.host, what).to.equal('read.example');
    }
    expect(existsSync(desk.at('connected'))).to.equal(false);
  });

  it('needs somebody to say who logs in where this user has no name', async () => {
    const account = { ...accountAt(desk.folder), name: undefined };
    expect(brief(await resolve('', { account, program: '/nonexistent/ssh' }))).to.deep.equal([
      '--ssh: nobody says as whom to log in on amd1: this user has no name',
    ]);
    const named = await resolve('User root\n', { account, program: '/nonexistent/ssh' });
    expect('target' in named && named.target.user).to.equal('root');
  });

  it('tells what ssh does not like, with file and line', async function () {
    needProgram(this, 'ssh');
    const at = desk.at('config');
    expect(brief(await resolve('Host amd1\n  Prot 22\n', {}))).to.deep.equal([
      `${at}:2: Bad configuration option: prot`,
    ]);
    expect(String(brief(await resolve('Port many\n', {})))).to.match(/config:1: Bad \w+ 'many'$/);
    expect(brief(await resolve('', {}, { configFile: desk.at('absent') }))).to.match(/Can't open user config file/);
  });

  it('is one error when ssh says nothing of use, or too much', async () => {
    expect(brief(await resolve('', fake(`${OPENSSH}; echo broken >&2; exit 7`)))).to.deep.equal(['ssh_config: broken']);
    expect(brief(await resolve('', fake(`${OPENSSH}; exit 7`)))).to.deep.equal(['ssh_config: exit status 7']);
    const [much] = brief(await resolve('', fake(`${OPENSSH}; exec yes`))) as string[];
    expect(much).to.match(/^ssh_config: ssh -G amd1: more than \d+ bytes of output/);
  });

  it('gives it nothing of our own settings', async () => {
    const environment = { PATH: process.env.PATH ?? '', SEVLANE_GUEST_PASSWORD: 'secret', MINE: 'x' };
    const own = { ...surroundings().own, environment };
    await resolve('', { ...fake(`${OPENSSH}; env > ${desk.at('seen')}; exit 1`), own });
    expect(readFileSync(desk.at('seen'), 'utf8'))
      .to.include('MINE=x')
      .and.to.not.include('SEVLANE');
  });

  it('ends with all that a Match exec has started when it is to stop', async function () {
    needProgram(this, 'ssh');
    const stop = new AbortController();
    const config = `Match exec "touch ${desk.at('started')}; exec sleep 600"\n  Port 2222\n`;
    const resolving = resolve(config, { signal: stop.signal });
    while (!existsSync(desk.at('started'))) await setImmediate();
    stop.abort(new Error('enough'));
    let reason: unknown;
    await resolving.catch((error: unknown) => {
      reason = error;
    });
    expect(reason).to.have.property('message', 'enough');
  });
});
