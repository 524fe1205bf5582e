import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { Loose } from '../../../providers/mock/controllers/kinds.ts';
import { skipBecause } from '../../programs.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { type Front, openFront } from './front.ts';
import { guestSpec, installKubevirt } from './install.ts';

/** What the real KubeVirt v1.9.0 did, event by event. */
const RECORDED = '../shared/vectors/kubevirt-live/vm-lifecycle.json';

interface RecordedEvent {
  readonly what: string;
  readonly type: string;
  readonly object?: Loose;
}

const VMS = '/apis/kubevirt.io/v1/namespaces/tl/virtualmachines';
const SOURCES = {
  vm: VMS,
  vmi: '/apis/kubevirt.io/v1/namespaces/tl/virtualmachineinstances',
  pod: '/api/v1/namespaces/tl/pods',
  crev: '/apis/apps/v1/namespaces/tl/controllerrevisions',
  event: '/api/v1/namespaces/tl/events',
} as const;
type What = keyof typeof SOURCES;

/** What a reader of the watch cares about, in one word; undefined: nothing of it. */
function gist(what: What, type: string, object: Loose): string | undefined {
  const deleting = object.metadata.deletionTimestamp === undefined ? '' : ' deleting';
  const gone = type === 'DELETED' ? ' gone' : '';
  const { status, spec } = object;
  switch (what) {
    case 'vm':
      return `${status?.printableStatus ?? '-'}${status?.ready ? ' ready' : ''} ${spec?.runStrategy}${gone}`;
    case 'vmi': {
      const ready = status?.conditions?.find((condition) => condition.type === 'Ready')?.status ?? '-';
      const held = object.metadata.finalizers?.length;
      return `${status?.phase} Ready=${ready} finalizers=${held}${deleting}${gone}`;
    }
    case 'pod':
      return `${status?.phase}${deleting}${gone}`;
    case 'crev':
      return `${type} ${object.metadata.name?.split('-').at(-1)}`;
    case 'event':
      return type === 'ADDED' && object.reportingComponent === 'virtualmachine-controller'
        ? `${(object.involvedObject as { kind: string }).kind} ${object.reason}`
        : undefined;
  }
}

/** Gists in order, what repeats told once. */
class Story {
  readonly #told: string[] = [];

  tell(text: string | undefined): void {
    if (text !== undefined && text !== this.#told.at(-1)) this.#told.push(text);
  }

  get told(): readonly string[] {
    return this.#told;
  }
}

describe('the life of a virtual machine', () => {
  let cluster: TestCluster;
  let front: Front;
  const over = new AbortController();
  const stories = new Map<What, Story>();
  before(async function () {
    if (!existsSync(RECORDED)) return skipBecause(this, 'the recordings beside this project are not there');
    cluster = await startCluster();
    front = await openFront(cluster.network);
    await installKubevirt(cluster, 'v1.9.0');
    await cluster.rest.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tl' } });
    await cluster.until('/api/v1/namespaces/tl/serviceaccounts', 'default', Boolean);
    for (const what of Object.keys(SOURCES) as What[]) void follow(what);
  });
  after(async () => {
    over.abort();
    await front?.close();
    await cluster?.stop();
  });

  async function follow(what: What): Promise<void> {
    const story = new Story();
    stories.set(what, story);
    const { resourceVersion } = await cluster.rest.list(SOURCES[what]);
    for await (const event of cluster.api.watch(`${SOURCES[what]}?resourceVersion=${resourceVersion}`, over.signal))
      story.tell(gist(what, event.type, event.object));
  }

  const act = async (subresource: string) => {
    const { status, text } = await front.ask('PUT', `/namespaces/tl/virtualmachines/vm/${subresource}`, {});
    return text === '' ? String(status) : `${status} ${JSON.parse(text).message}`;
  };
  const untilStatus = (word: string, ready: boolean) =>
    cluster.until(VMS, 'vm', (object: KubeObject | undefined) => {
      const {
        printableStatus,
        ready: isReady = false,
        stateChangeRequests = [],
      } = (object as Loose | undefined)?.status ?? {};
      return printableStatus === word && isReady === ready && (stateChangeRequests as readonly unknown[]).length === 0;
    });

  it('goes through the same states in the same order as with the real controllers', async () => {
    await cluster.rest.create(VMS, {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: { name: 'vm', namespace: 'tl' },
      spec: { runStrategy: 'Halted', template: { spec: { ...guestSpec('sev'), terminationGracePeriodSeconds: 5 } } },
    });
    await untilStatus('Stopped', false);
    const conflict = '409 Operation cannot be fulfilled on virtualmachine.kubevirt.io "vm": ';
    expect(await act('stop')).to.equal(`${conflict}VM is not running`);
    expect(await act('restart')).to.equal(`${conflict}RunStategy Halted does not support manual restart requests`);
    expect(await act('start')).to.equal('202');
    await untilStatus('Running', true);
    expect(await act('start')).to.equal(`${conflict}VM is already running`);
    expect(await act('migrate')).to.equal(
      '500 Internal error occurred: admission webhook "migration-create-validator.kubevirt.io" denied the request: Cannot migrate VMI, Reason: SEVNotLiveMigratable, Message: VMI uses SEV',
    );
    const first = await cluster.rest.get(`${SOURCES.vmi}/vm`);
    expect(await act('restart')).to.equal('202');
    await cluster.until(
      SOURCES.vmi,
      'vm',
      (object) => object !== undefined && object.metadata.uid !== first.metadata.uid,
    );
    await untilStatus('Running', true);
    expect(await act('stop')).to.equal('202');
    await cluster.until(SOURCES.vmi, 'vm', (object) => object === undefined);
    await untilStatus('Stopped', false);
    expect(await act('start')).to.equal('202');
    await untilStatus('Running', true);
    await cluster.rest.remove(`${VMS}/vm`);
    await cluster.until(VMS, 'vm', (object) => object === undefined);

    const { events } = JSON.parse(readFileSync(RECORDED, 'utf8')) as { readonly events: readonly RecordedEvent[] };
    for (const what of ['vmi', 'pod', 'vm', 'event'] as const) {
      const real = new Story();
      for (const { what: about, type, object } of events)
        if (about === what && object !== undefined) real.tell(gist(what, type, object));
      expect(stories.get(what)?.told, what).to.deep.equal(real.told);
    }
  });
});
