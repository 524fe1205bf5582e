import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { type Api, openApi } from '../../../providers/mock/api/api.ts';
import { inProcess } from '../../../providers/mock/api/in-process.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { networkSwitch } from '../../../providers/mock/api/switch.ts';
import { clockAt } from '../../../providers/mock/clock.ts';
import type { KubeAnswer, KubeApi } from '../../../providers/mock/controllers/seam.ts';
import { DEFINITIONS } from '../../../providers/mock/kubevirt/crds/definitions.ts';
import { installObjects } from '../../../providers/mock/kubevirt/install/install-objects.ts';
import { kubevirtCr, operatorManifest } from '../../../providers/mock/kubevirt/manifest.ts';
import type { KubevirtVersion } from '../../../providers/mock/kubevirt/version.ts';
import { KNOWN_VERSIONS } from '../../../providers/mock/kubevirt/versions.ts';
import { quietDirector } from '../quiet-director.ts';
import { webhookBackend } from './webhook-backend.ts';

for (const version of KNOWN_VERSIONS) {
  describe(`what ${version.text} installs, in a simulated cluster`, () => {
    let server: Api | undefined;
    let admin: KubeApi;
    let controller: KubeApi;

    before(async () => {
      ({ server, admin, controller } = await installed(version));
    });
    after(() => server?.stop());

    it('completes, judges and keeps guests', async () => {
      const made = await create(admin, 'virtualmachineinstances', guest('good', { sev: {} }));
      expect(made.status, text(made)).to.equal(201);
      expect(made.body).to.have.nested.property('spec.domain.launchSecurity.sev');
      expect(made.body).to.have.nested.property('status.phase', 'Pending');
      const refused = await create(admin, 'virtualmachineinstances', guest('bad', { sev: {} }, { bios: {} }));
      expect(refused.status).to.equal(422);
      const prefix = 'admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request';
      expect(refused.body).to.have.property('message', `${prefix}: SEV requires OVMF (UEFI)`);
    });

    it('keeps users from a running guest and from its status', async () => {
      const path = '/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances/good';
      const contentType = 'application/merge-patch+json';
      const change = (body: object): Promise<KubeAnswer> => admin.request({ method: 'PATCH', path, body, contentType });
      const spec = await change({ spec: { domain: { launchSecurity: null } } });
      expect(spec.status).to.equal(422);
      expect(spec.body)
        .to.have.property('message')
        .that.matches(/update of VMI object is restricted$/);
      const status = await change({ status: { phase: 'Running' } });
      expect(status.status, text(status)).to.equal(200);
      expect(status.body).to.have.nested.property('status.phase', 'Pending');
    });

    it('marks a guest whose pod is evicted, and keeps the pod', async () => {
      const external = guest('moving', { sev: {} }, { efi: { secureBoot: false } }, { evictionStrategy: 'External' });
      const made = (await create(admin, 'virtualmachineinstances', external)).body as KubeObject;
      const path = '/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances/moving';
      const status = { ...(made.status as object), nodeName: 'node-a', phase: 'Running' };
      const running = await controller.request({ method: 'PUT', path, body: { ...made, status } });
      expect(running.status, text(running)).to.equal(200);
      const pods = '/api/v1/namespaces/default/pods';
      const pod = await admin.request({ method: 'POST', path: pods, body: launcherPod('moving', 'node-a') });
      expect(pod.status, text(pod)).to.equal(201);
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'virt-launcher-moving' } };
      const evicted = await admin.request({
        method: 'POST',
        path: `${pods}/virt-launcher-moving/eviction`,
        body: eviction,
      });
      expect(evicted.status, text(evicted)).to.equal(429);
      const webhook = 'admission webhook "virt-launcher-eviction-interceptor.kubevirt.io" denied the request';
      const message = `${webhook}: Eviction triggered evacuation of VMI "default/moving"`;
      expect(evicted.body).to.have.property('message', message);
      const { body } = await admin.request({ method: 'GET', path });
      expect(body).to.have.nested.property('status.evacuationNodeName', 'node-a');
    });

    it('keeps a second CR out', async () => {
      const { metadata, ...cr } = kubevirtCr();
      const body = { ...cr, metadata: { ...metadata, name: 'another' } };
      const answer = await admin.request({ method: 'POST', path: collectionOf(body), body });
      expect(answer.status).to.equal(400);
      expect(answer.body)
        .to.have.property('message')
        .that.matches(/Kubevirt is already created$/);
    });
  });
}

interface Installed {
  readonly server: Api;
  readonly admin: KubeApi;
  readonly controller: KubeApi;
}

async function installed(version: KubevirtVersion): Promise<Installed> {
  const network = networkSwitch();
  const server = openApi({ clock: clockAt(1), director: quietDirector(), network, version: 'v1.34.4' });
  const as = inProcess(server);
  const admin = as('kubernetes-admin');
  const where = { namespace: 'kubevirt', registry: 'quay.io/kubevirt', tag: version.text };
  const developerConfiguration = { featureGates: ['WorkloadEncryptionSEV'] };
  const cr = { ...kubevirtCr(), spec: { configuration: { developerConfiguration } } };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'default' } };
  for (const body of [account, ...operatorManifest(version), cr, ...installObjects(version, cr, where)]) {
    const answer = await admin.request({ method: 'POST', path: collectionOf(body), body });
    expect(answer.status, `${body.kind} ${body.metadata.name}: ${text(answer)}`).to.equal(201);
  }
  const backend = (account: string) => {
    const api = as(`system:serviceaccount:kubevirt:${account}`);
    return webhookBackend({ version, api, namespace: 'kubevirt', now: () => new Date() });
  };
  network.listenService('kubevirt', 'virt-api', backend('kubevirt-apiserver'));
  network.listenService('kubevirt', 'kubevirt-operator-webhook', backend('kubevirt-operator'));
  return { server, admin, controller: as('system:serviceaccount:kubevirt:kubevirt-controller') };
}

function create(api: KubeApi, plural: string, body: KubeObject): Promise<KubeAnswer> {
  return api.request({ method: 'POST', path: `/apis/kubevirt.io/v1/namespaces/default/${plural}`, body });
}

function guest(
  name: string,
  launchSecurity: object,
  bootloader: object = { efi: { secureBoot: false } },
  spec: object = {},
): KubeObject {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace: 'default' },
    spec: {
      domain: {
        launchSecurity,
        firmware: { bootloader },
        memory: { guest: '1Gi' },
        devices: { interfaces: [{ name: 'default', masquerade: {} }] },
      },
      networks: [{ name: 'default', pod: {} }],
      ...spec,
    },
  };
}

function launcherPod(guestName: string, nodeName: string): KubeObject {
  const name = `virt-launcher-${guestName}`;
  const labels = { 'kubevirt.io': 'virt-launcher' };
  const annotations = { 'kubevirt.io/domain': guestName };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels, annotations },
    spec: { nodeName, containers: [{ name: 'compute', image: 'quay.io/kubevirt/virt-launcher' }] },
  };
}

/** Where an object is created: by the plural that its definition or the plain rule of English gives. */
function collectionOf({ apiVersion, kind, metadata }: KubeObject): string {
  const defined = DEFINITIONS.find((definition) => definition.kind === kind)?.plural;
  const lower = kind.toLowerCase();
  const plural =
    defined ?? (/(s|ss)$/.test(lower) ? `${lower}es` : lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`);
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`}${place}/${plural}`;
}

function text({ body }: KubeAnswer): string {
  return JSON.stringify((body as { message?: unknown }).message ?? body).slice(0, 600);
}
