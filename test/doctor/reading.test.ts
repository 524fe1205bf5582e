import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ask } from '../../harness/doctor/cluster/reading.ts';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';

describe('a question of the doctor', () => {
  it('is asked again when the connection is cut under it, also where that is only the cause', async () => {
    const cut = new ConnectionCut('the connection was cut');
    const ends = [cut, new InfraError('no answer', { cause: new Error('broken', { cause: cut }) })];
    const read = await ask(
      openScope(() => {}),
      async () => {
        const end = ends.shift();
        if (end !== undefined) throw end;
        return 'read';
      },
    );
    expect(read).to.deep.equal({ value: 'read' });
  });

  it('is asked once when it fails for another reason, and that is what was not read', async () => {
    let times = 0;
    const read = await ask(
      openScope(() => {}),
      async () => {
        times += 1;
        throw new InfraError('there is nobody', { hint: 'look for somebody' });
      },
    );
    expect(times).to.equal(1);
    expect(read).to.deep.equal({ unread: 'there is nobody', action: 'look for somebody' });
  });

  it('ends with its scope, also while it is cut again and again', async () => {
    const scope = openScope(() => {});
    let times = 0;
    const reading = ask(scope, async () => {
      await new Promise(setImmediate);
      if (++times === 3) scope.abort(new InfraError('the connection is lost'));
      throw new ConnectionCut('the connection was cut');
    });
    expect((await failure(reading, InfraError)).message).to.equal('the connection is lost');
  });
});
