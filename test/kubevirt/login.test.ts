import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ProductFailure } from '../../harness/errors/errors.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { type Dialogue, logIn } from '../../harness/kubevirt/login.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { clockAt } from '../../providers/mock/clock.ts';
import { bootGuest, type Guest } from '../../providers/mock/console/guest.ts';
import { writableTree } from '../../providers/mock/shell/tree.ts';
import { failure } from '../failure.ts';
import { type ApiServer, startApiServer } from '../kube/api-server.ts';

const LOG = '[    0.000000] Linux version 6.5.6\n[    0.241330] Memory Encryption Features active: AMD SEV\n';

const DIALOGUE: Dialogue = {
  user: 'fedora',
  password: 'fedora',
  loginPrompt: /^\S+ login: /m,
  passwordPrompt: /^Password: /m,
  shellPrompt: /^\[\S+@\S+ [^\]]+\][$#] /m,
  kernelLogCommand: 'sudo dmesg --color=never',
  loginMs: 20_000,
};

describe('a login at the serial console', function () {
  this.timeout(30_000);
  let server: ApiServer;
  let scope: OwnedScope;
  let guest: Guest;
  let stop: AbortController;

  beforeEach(async () => {
    server = await startApiServer();
    scope = openScope(() => {});
    stop = new AbortController();
    guest = bootGuest({
      system: {
        hostname: 'sev-1',
        kernel: { release: '6.5.6-300.fc39.x86_64', version: '#1 SMP' },
        kernelLog: () => LOG,
        tree: writableTree({}, ['/home/fedora']),
      },
      issue: 'Fedora Linux 39 (Cloud Edition)',
      user: 'fedora',
      password: 'fedora',
      bootMs: 1000,
      paused: false,
      clock: clockAt(2000),
      signal: stop.signal,
      poweredOff: () => {},
    });
    server.onWebSocket((socket) => {
      guest.serial.listen((bytes) => socket.send(bytes));
      socket.on('message', (bytes: Buffer) => guest.serial.type(bytes));
    });
  });
  afterEach(async () => {
    stop.abort();
    await scope.close();
    await server.close();
  });

  const enter = async (changes: Partial<Dialogue> = {}) => {
    const client = openKubeClient(scope, server.opener, server.access);
    const place = { namespace: 'lane', name: 'sev', guest: 'SEV guest' };
    return await logIn(scope, client, place, { ...DIALOGUE, ...changes });
  };

  /** What an earlier client typed, each after the guest had said what comes before it. */
  async function left(...dialogue: readonly (readonly [string, string])[]): Promise<void> {
    let seen = '';
    let look = () => {};
    guest.serial.listen((bytes) => {
      seen += bytes.toString('latin1');
      look();
    });
    for (const [said, typed] of dialogue) {
      await new Promise<void>((resolve) => {
        look = () => {
          if (seen.includes(said)) resolve();
        };
        look();
      });
      seen = '';
      guest.serial.type(Buffer.from(typed));
    }
  }

  const states: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    'at the login prompt': [],
    'with a name half typed': [[' login: ', 'fed']],
    'at the password of a name that was typed': [[' login: ', 'fedora\n']],
    'at the password of half a name': [[' login: ', 'fed\n']],
    'refusing somebody else’s password': [
      [' login: ', 'somebody\n'],
      ['Password: ', 'secret\n'],
    ],
    'in the shell': [
      [' login: ', 'fedora\n'],
      ['Password: ', 'fedora\n'],
      ['$ ', ''],
    ],
    'in the shell with a command half typed': [
      [' login: ', 'fedora\n'],
      ['Password: ', 'fedora\n'],
      ['$ ', 'echo half'],
    ],
  };
  for (const [state, dialogue] of Object.entries(states)) {
    it(`reaches the shell when the dialogue before was left ${state}`, async () => {
      await left(...dialogue);
      const session = await enter();
      expect(await session.run(DIALOGUE.kernelLogCommand)).to.match(/^\[ +0\.000000\] Linux version 6\.5\.6\n/);
    });
  }

  it('takes nothing for an answer that a command of an earlier dialogue prints', async () => {
    const first = await enter();
    await first.run('true');
    const mark = /sevlane-begin-\w+-\d+/.exec(first.transcript)?.[0] ?? '';
    await first.close();
    const second = await enter();
    // The same words as before the cut, as if they came late.
    const text = await second.run(`echo ${mark}; echo stale; echo ${mark.replace('begin', 'end')} 0; echo fresh`);
    expect(text.trim().split('\n').at(-1)).to.equal('fresh');
  });

  it('still blames the guest that refuses name and password', async () => {
    const error = await failure(enter({ password: 'wrong' }), ProductFailure);
    expect(error.message).to.equal('SEV guest: refuses the login of fedora');
  });
});
