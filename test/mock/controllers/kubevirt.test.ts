import { expect } from 'chai';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { Loose, Node, Pod } from '../../../providers/mock/controllers/kinds.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { type Front, openFront, Screen } from './front.ts';
import { guest, installKubevirt } from './install.ts';

const CRS = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts';
const VMIS = '/apis/kubevirt.io/v1/namespaces/guests/virtualmachineinstances';
const PODS = '/api/v1/namespaces/guests/pods';

const FEATURES = { plain: undefined, sev: 'SEV', 'sev-es': 'SEV SEV-ES', 'sev-snp': 'SEV SEV-ES SEV-SNP' } as const;
type Kind = keyof typeof FEATURES;

const statusOf = (object: KubeObject | undefined) => (object as Loose | undefined)?.status;

for (const version of ['v1.6.6', 'v1.7.4', 'v1.9.0']) {
  const kinds = (Object.keys(FEATURES) as Kind[]).filter((kind) => version !== 'v1.6.6' || kind !== 'sev-snp');

  describe(`KubeVirt ${version} on a simulated SEV node`, () => {
    let cluster: TestCluster;
    let front: Front;
    const rest = () => cluster.rest;
    before(async () => {
      cluster = await startCluster();
      front = await openFront(cluster.network);
    });
    after(async () => {
      await front.close();
      await cluster.stop();
    });

    it('is installed: deployed, available, with a labelled node', async () => {
      const cr = await installKubevirt(cluster, version);
      expect(cr.status).to.include({ phase: 'Deployed', observedKubeVirtVersion: version, observedGeneration: 1 });
      expect(cr.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).to.deep.equal([
        'Available=True',
        'Progressing=False',
        'Degraded=False',
        'Created=True',
      ]);
      const node = await rest().get<Node>('/api/v1/nodes/sev-milan-1');
      expect(node.metadata.labels).to.include({ 'kubevirt.io/sev': 'true', 'kubevirt.io/sev-es': 'true' });
      expect('kubevirt.io/sev-snp' in (node.metadata.labels ?? {})).to.equal(version !== 'v1.6.6');
    });

    it('boots guests of every kind', async () => {
      await rest().create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'guests' } });
      await cluster.until('/api/v1/namespaces/guests/serviceaccounts', 'default', Boolean);
      for (const kind of kinds) await rest().create(VMIS, guest(kind));
      for (const kind of kinds) {
        const running = await cluster.until(VMIS, kind, (object) => statusOf(object)?.phase === 'Running');
        const live = statusOf(running)?.conditions?.find(({ type }) => type === 'LiveMigratable');
        expect(live?.reason).to.equal(kind === 'plain' ? undefined : 'SEVNotLiveMigratable');
      }
    });

    for (const kind of kinds)
      it(`lets one log in to the ${kind} guest, whose kernel names exactly its features`, async () => {
        const screen = new Screen(await front.open(`/namespaces/guests/virtualmachineinstances/${kind}/console`));
        screen.type('\n');
        await screen.until(`${kind} login: `);
        screen.type('fedora\n');
        await screen.until('Password: ');
        screen.type('fedora\n');
        await screen.until(`[fedora@${kind} ~]$ `);
        screen.type('dmesg | grep --color=never -E "Memory Encryption Features|SEV\\)"\n');
        await screen.until('\x1b[?2004l\r');
        const answer = await screen.until('\x1b[?2004h');
        const [, named] = /active: (?:AMD )?(.*?)\r\n/.exec(answer) ?? [];
        expect(named).to.equal(FEATURES[kind]);
      });

    it('tells where a guest is reached, and which devices its disks are', async () => {
      const [pod] = (await rest().list<Pod>(PODS)).items.filter(
        ({ metadata }) => metadata.labels?.['vm.kubevirt.io/name'] === 'sev',
      );
      const { status } = await rest().get<Loose>(`${VMIS}/sev`);
      const [nic] = (status?.interfaces ?? []) as readonly Record<string, unknown>[];
      expect(nic).to.deep.include({ ipAddress: pod?.status?.podIP, ipAddresses: [pod?.status?.podIP] });
      expect(status?.volumeStatus).to.deep.equal([{ name: 'root', target: 'vda' }]);
    });

    it('shows the domain of a guest to virsh in its launcher, and its console to the log', async () => {
      const pod = (await rest().list<Pod>(PODS)).items.find(({ metadata }) =>
        metadata.name?.startsWith('virt-launcher-sev-'),
      );
      const kubelet = cluster.network.kubelet('sev-milan-1');
      if (pod === undefined || kubelet === undefined) throw new Error('no launcher pod, or no kubelet');
      const run = async (command: readonly string[]) => {
        const session = kubelet.exec(pod, 'compute', command, { tty: false, stdin: false });
        const [out, code] = await Promise.all([session.stdout.toArray(), session.exitCode]);
        return { out: Buffer.concat(out).toString('utf8'), code };
      };
      const name = `guests_${pod.metadata.annotations?.['kubevirt.io/domain']}`;
      const uri = 'qemu+unix:///session?socket=/var/run/libvirt/virtqemud-sock';
      expect((await run(['virsh', '-c', uri, 'dumpxml', name])).out).to.match(/<launchSecurity type=['"]sev/);
      expect((await run(['sh', '-c', 'virsh list --name | head -1'])).out).to.equal(`${name}\n`);
      const line = `domid ${name}; domname 1`;
      expect((await run(['virsh', line])).out).to.equal(`1\n\n${name}\n\n`);
      expect((await run(['virsh', 'dominfo', name])).out).to.match(/^State: {10}running$/m);
      const uuid = (await run(['virsh', 'domuuid', name])).out.trim();
      expect((await run(['virsh', 'domstate', uuid])).out).to.equal('running\n\n');
      expect((await run(['virsh', 'domblklist', name])).out).to.match(/^ vda +\/\S+$/m);
      const stored = (await run(['virsh', 'dumpxml', '--inactive', name])).out;
      expect(stored).to.match(/<launchSecurity type=['"]sev/);
      expect(stored).not.to.match(/<domain [^>]*\bid=|<cbitpos>/);
      expect((await run(['virsh', 'dumpxml'])).code).to.equal(1);
      expect((await run(['virsh', '--version'])).out).to.match(/^\d+\.\d+\.\d+\n$/);
      expect((await run(['virsh', 'nodesevinfo'])).out).to.match(/^max-es-guests *: 99$/m);
      expect((await run(['nope'])).code).to.equal(127);
      const log = kubelet.logs(pod, 'guest-console-log', { follow: false, previous: false });
      expect(Buffer.concat(await log.toArray()).toString('utf8')).to.include('BdsDxe');
    });

    it('pauses and resumes a guest, and says no as virt-api does', async () => {
      const path = '/namespaces/guests/virtualmachineinstances/sev';
      expect(await front.ask('PUT', `${path}/pause`, {})).to.deep.equal({ status: 200, text: '' });
      const ready = (status: string) => (object: KubeObject | undefined) =>
        statusOf(object)?.conditions?.some((each) => each.type === 'Ready' && each.status === status) ?? false;
      const paused = await cluster.until(VMIS, 'sev', ready('False'));
      expect(statusOf(paused)?.conditions?.find(({ type }) => type === 'Paused')?.reason).to.equal('PausedByUser');
      const again = await front.ask('PUT', `${path}/pause`, {});
      expect([again.status, JSON.parse(again.text).message]).to.deep.equal([
        409,
        'Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "sev": VMI is already paused',
      ]);
      expect((await front.ask('PUT', `${path}/unpause`, {})).status).to.equal(200);
      const resumed = await cluster.until(VMIS, 'sev', ready('True'));
      expect(statusOf(resumed)?.conditions?.some(({ type }) => type === 'Paused')).to.equal(false);
      expect(await front.ask('GET', `${path}/sev/fetchcertchain`)).to.deep.equal({
        status: 500,
        text: 'Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "sev": Attestation not requested for VMI',
      });
      expect((await front.ask('GET', '/namespaces/guests/virtualmachineinstances/absent/guestosinfo')).status).to.equal(
        500,
      );
      const absent = await front.ask('GET', '/namespaces/guests/virtualmachineinstances/absent/console');
      expect([absent.status, JSON.parse(absent.text).message]).to.deep.equal([
        404,
        'virtualmachineinstance.kubevirt.io "absent" not found',
      ]);
      const alice = await openFront(cluster.network, 'alice', 'nobody');
      expect((await alice.ask('PUT', `${path}/pause`, {})).status).to.equal(401);
      await alice.close();
    });

    it('closes the first console when a second one comes', async () => {
      const first = await front.open('/namespaces/guests/virtualmachineinstances/plain/console');
      const closed = new Promise((resolve) => first.once('close', resolve));
      await front.open('/namespaces/guests/virtualmachineinstances/plain/console');
      await closed;
    });

    it('lets guests go when they are deleted', async () => {
      for (const kind of kinds) await rest().remove(`${VMIS}/${kind}`);
      for (const kind of kinds) await cluster.until(VMIS, kind, (object) => object === undefined);
      expect((await rest().list(PODS)).items).to.deep.equal([]);
    });

    it('is uninstalled, leaving what its manifest brought and the labels that it always leaves', async () => {
      await rest().remove(`${CRS}/kubevirt`);
      await cluster.until(CRS, 'kubevirt', (object) => object === undefined);
      const { labels = {} } = (await rest().get<Node>('/api/v1/nodes/sev-milan-1')).metadata;
      expect(Object.keys(labels).filter((label) => label.startsWith('kubevirt.io/'))).to.deep.equal([]);
      expect(labels).to.include({ 'cpu-vendor.node.kubevirt.io/AMD': 'true' });
      const names = async (path: string) => (await rest().list(path)).items.map(({ metadata }) => metadata.name);
      expect(await names('/apis/apps/v1/namespaces/kubevirt/deployments')).to.deep.equal(['virt-operator']);
      expect(await names('/apis/apiextensions.k8s.io/v1/customresourcedefinitions')).to.deep.equal([
        'kubevirts.kubevirt.io',
      ]);
      expect(await names('/api/v1/namespaces/kubevirt/services')).to.deep.equal([]);
    });
  });
}
