import { expect } from 'chai';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { Loose, Node, Pod } from '../../../providers/mock/controllers/kinds.ts';
import type { Director } from '../../../providers/mock/scenario/director.ts';
import { quietDirector } from '../quiet-director.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { guest, installKubevirt } from './install.ts';

const VMIS = '/apis/kubevirt.io/v1/namespaces/guests/virtualmachineinstances';
const phaseOf = (object: KubeObject | undefined) => (object as Loose | undefined)?.status?.phase;

/** A cluster under a director that does what it is told by the test, with KubeVirt and a namespace for guests. */
async function played(script: Partial<Director>, work: (cluster: TestCluster) => Promise<void>): Promise<void> {
  const cluster = await startCluster({ director: quietDirector(script) });
  try {
    await installKubevirt(cluster, 'v1.9.0');
    await cluster.rest.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'guests' },
    });
    await cluster.until('/api/v1/namespaces/guests/serviceaccounts', 'default', Boolean);
    await work(cluster);
  } finally {
    await cluster.stop();
  }
}

async function boot(cluster: TestCluster, kind: 'sev' | 'sev-es' = 'sev'): Promise<void> {
  await cluster.rest.create(VMIS, guest(kind));
  await cluster.until(VMIS, kind, (object) => phaseOf(object) === 'Running');
}

async function launcher(cluster: TestCluster) {
  const [pod] = (await cluster.rest.list<Pod>('/api/v1/namespaces/guests/pods')).items;
  const kubelet = cluster.network.kubelet('sev-milan-1');
  if (pod === undefined || kubelet === undefined) throw new Error('no launcher pod, or no kubelet');
  return { pod, kubelet };
}

async function domainXml(cluster: TestCluster): Promise<string> {
  const { pod, kubelet } = await launcher(cluster);
  const session = kubelet.exec(pod, 'compute', ['virsh', 'dumpxml', 'guests_sev'], { tty: false, stdin: false });
  return Buffer.concat(await session.stdout.toArray()).toString('utf8');
}

/** What the guest wrote to its serial port until these words. */
async function consoleLog(cluster: TestCluster, until: string): Promise<string> {
  const { pod, kubelet } = await launcher(cluster);
  let text = '';
  for await (const chunk of kubelet.logs(pod, 'guest-console-log', { follow: true, previous: false })) {
    text += String(chunk);
    if (text.includes(until)) break;
  }
  return text;
}

describe('a scenario', () => {
  it('lets a guest boot unencrypted while its XML says sev', () =>
    played({ guest: () => ({ really: 'none' }) }, async (cluster) => {
      await boot(cluster);
      expect(await consoleLog(cluster, 'login: ')).not.to.include('Memory Encryption Features active');
      expect(await domainXml(cluster)).to.match(/<launchSecurity type='sev'/);
    }));

  it('lets the kernel alone lie, or the XML alone', () =>
    played({ guest: () => ({ kernelClaims: 'sev-es', xmlClaims: 'none' }) }, async (cluster) => {
      await boot(cluster);
      expect(await consoleLog(cluster, 'login: ')).to.include('AMD SEV SEV-ES\r\n');
      expect(await domainXml(cluster)).not.to.include('launchSecurity');
    }));

  for (const [misbehaviour, last, absent] of [
    ['panic', 'end Kernel panic', 'login: '],
    ['no-login', 'Multi-User System', 'login: '],
  ] as const)
    it(`lets a guest ${misbehaviour} although its VMI says Running`, () =>
      played({ guest: () => ({ console: misbehaviour }) }, async (cluster) => {
        await boot(cluster);
        expect(await consoleLog(cluster, last)).not.to.include(absent);
        expect(phaseOf(await cluster.rest.get(`${VMIS}/sev`))).to.equal('Running');
      }));

  it('leaves a node label out and writes another one wrongly', () =>
    played(
      {
        controller: (name) =>
          name === 'virt-handler' ? { nodeLabels: { 'kubevirt.io/sev-snp': null, 'kubevirt.io/sev-es': 'maybe' } } : {},
      },
      async (cluster) => {
        const { labels } = (await cluster.rest.get<Node>('/api/v1/nodes/sev-milan-1')).metadata;
        expect(labels).to.include({ 'kubevirt.io/sev': 'true', 'kubevirt.io/sev-es': 'maybe' });
        expect(labels).not.to.have.property('kubevirt.io/sev-snp');
        await cluster.rest.create(VMIS, guest('sev-es'));
        const stuck = (await cluster.until(VMIS, 'sev-es', (object) =>
          ((object as Loose | undefined)?.status?.conditions ?? []).some(({ reason }) => reason === 'Unschedulable'),
        )) as Loose;
        expect(stuck.status?.phase).to.equal('Scheduling');
        expect(stuck.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message).to.match(
          /^0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\./,
        );
      },
    ));

  it('keeps a guest in a phase for ever, the others go on', () =>
    played({ guest: (kind) => (kind === 'sev' ? { stuckIn: 'Scheduling' } : {}) }, async (cluster) => {
      await cluster.rest.create(VMIS, guest('sev'));
      await boot(cluster, 'sev-es');
      expect(phaseOf(await cluster.rest.get(`${VMIS}/sev`))).to.equal('Scheduling');
      await cluster.rest.remove(`${VMIS}/sev`);
      await cluster.until(VMIS, 'sev', (object) => object === undefined);
    }));

  for (const [behaviour, reason] of [
    ['image-pull-fails', 'ErrImagePull|ImagePullBackOff'],
    ['crash-loop', 'CrashLoopBackOff'],
    ['never-ready', ''],
  ] as const)
    it(`has an operator that is ${behaviour}`, async () => {
      const director: Director = {
        ...quietDirector(),
        controller: (name) => (name === 'virt-operator' ? { behaviour } : {}),
      };
      const cluster = await startCluster({ director });
      const installed = installKubevirt(cluster, 'v1.9.0').catch(() => undefined);
      const pods = '/api/v1/namespaces/kubevirt/pods';
      const states = async () => {
        const { items } = await cluster.rest.list<Pod>(pods);
        return items.map(({ status }) => status?.containerStatuses?.[0]);
      };
      while ((await states()).length === 0 || !(await states()).every((status) => isSeen(status, reason)))
        await new Promise((resolve) => setImmediate(resolve));
      expect((await states()).map((status) => status?.ready)).to.deep.equal([false, false]);
      await cluster.stop();
      void installed;
    });
});

/** Whether the container waits for this reason; without one, whether it runs. */
function isSeen(
  status: { readonly state: { readonly waiting?: { readonly reason: string }; readonly running?: object } } | undefined,
  reason: string,
): boolean {
  if (reason === '') return status?.state.running !== undefined;
  return new RegExp(`^(${reason})$`).test(status?.state.waiting?.reason ?? '');
}
