import { expect } from 'chai';
import type { SimulatedHost } from '../../providers/mock/simulated-host.ts';
import { connectionTo, startHost } from '../simulated.ts';
import { needSshd, startSshd } from '../ssh/sshd.ts';
import { examined } from './examined.ts';

/** Access reviews are questions, although they are asked with POST. */
const QUESTION = /selfsubject(access)?reviews/;

describe('an examination', function () {
  this.timeout(60_000);

  let host: SimulatedHost;

  before(async () => {
    host = await startHost();
  });

  after(async () => await host.stop());

  const lent = async () => ({
    ssh: await connectionTo(host),
    kubeconfig: { kind: 'file', path: host.nodeKubeconfigFile } as const,
  });

  it('finds a healthy host fit by every check of all four groups', async () => {
    const { checks, events } = await examined(await lent());
    const groups = new Set([...checks.values()].map(({ group }) => group));
    expect([...groups]).to.have.members(['this side', 'host', 'cluster', 'lane']);
    const wrong = [...checks.values()].filter(({ verdict }) => !['ok', 'note'].includes(verdict));
    // Nobody told this test's examination which Node it runs on.
    expect(wrong.map(({ id }) => id)).to.deep.equal(['this-node-version']);
    const contract = events.findLast((event) => event.type === 'capabilities')?.contract;
    expect(contract?.technologies['sev-snp'].given).to.equal('yes');
  });

  it('only reads: no request could change anything', async () => {
    await examined(await lent());
    const changing = host.api.requests.all.filter(
      ({ verb, resource }) => !['get', 'list', 'watch'].includes(verb) && !QUESTION.test(resource),
    );
    expect(changing).to.deep.equal([]);
  });

  it('tells what it could not see when the node lets nobody in', async () => {
    const { ssh, kubeconfig } = await lent();
    const { checks } = await examined({ ssh: { ...ssh, port: 1 }, kubeconfig });
    expect(checks.get('ssh-connection')?.verdict).to.equal('fatal');
    const beyond = [...checks.values()].filter(({ group, id }) => group !== 'this side' && id !== 'ssh-connection');
    expect(beyond.length).to.be.greaterThan(50);
    expect(
      beyond.filter(({ group, verdict }) => group !== 'lane' && verdict !== 'unread').map(({ id }) => id),
    ).to.deep.equal([]);
  });

  it('is fatal where the node lets us in and runs no command, as a run would end there', async function () {
    needSshd(this);
    const sshd = await startSshd(['MaxSessions 0']);
    try {
      const { checks } = await examined({ ...(await lent()), ssh: sshd.target() });
      expect(checks.get('ssh-connection')?.verdict).to.equal('ok');
      expect(checks.get('host-commands')).to.include({ verdict: 'fatal' });
      expect(checks.get('host-commands')?.action).to.include('MaxSessions');
      expect(checks.get('host-sev')?.verdict).to.equal('unread');
    } finally {
      await sshd.close();
    }
  });

  it('says which file it could not take for a kubeconfig, and asks the host all the same', async () => {
    const { ssh } = await lent();
    const { checks } = await examined({ ssh, kubeconfig: { kind: 'file', path: '/nowhere/kubeconfig' } });
    expect(checks.get('kubeconfig')?.verdict).to.equal('fatal');
    expect(checks.get('kubeconfig')?.read).to.include('/nowhere/kubeconfig');
    expect(checks.get('kubernetes-api')?.verdict).to.equal('unread');
    expect(checks.get('host-sev')?.verdict).to.equal('ok');
  });

  it('reaches a cluster without a node, and says that the host was not read', async () => {
    const { checks } = await examined({ kubeconfig: { kind: 'file', path: host.kubeconfigFile } });
    expect(checks.get('ssh-connection')?.verdict).to.equal('unread');
    expect(checks.get('host-sev')?.verdict).to.equal('unread');
    expect(checks.get('kubernetes-api')?.verdict).to.equal('ok');
    expect(checks.get('kubelet-certificate')?.verdict).to.equal('unread');
    expect(checks.get('node-ready')?.verdict).to.equal('ok');
  });
});
