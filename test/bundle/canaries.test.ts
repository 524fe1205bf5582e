import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { createRedactor } from '../../harness/evidence/redact.ts';
import { resourcePath } from '../../harness/kube/objects.ts';
import { type Canary, canariesIn, canary } from '../e2e/canary.ts';
import { failureOf, type KeptBundle, keepOne, type SickCluster, startSickCluster } from './sick-cluster.ts';

const SESSION = Buffer.from('wrapped TEK and TIK of this very guest, 80 bytes').toString('base64');
const DH_CERT = Buffer.from('the public part, of which no bundle needs a copy').toString('base64');
const SECRETS = {
  session: SESSION,
  dhCert: DH_CERT,
  environment: 'env-canary-0123456789-Zq',
  userData: 'user-data-canary-42-Xy7',
  applied: 'applied-canary-31-Kk2pq',
  secret: 'secret-canary-99-Lm5rst',
  configMap: 'config-canary-17-Pp3uvw',
  known: 'learnt-canary-55-Ww8xyz',
};

describe('the secrets of a cluster in which everything fails', function () {
  this.timeout(120_000);
  let cluster: SickCluster;
  let kept: KeptBundle;
  const canaries: readonly Canary[] = Object.entries(SECRETS).map(([name, secret]) => canary(name, secret));

  before(async () => {
    cluster = await startSickCluster();
    const { client } = cluster;
    const put = async (plural: string, object: object) =>
      await client.create(resourcePath({ apiVersion: 'v1', plural, namespace: 'guests' }), {
        apiVersion: 'v1',
        kind: plural === 'pods' ? 'Pod' : plural === 'secrets' ? 'Secret' : 'ConfigMap',
        ...object,
        metadata: { name: `talkative-${plural}`, namespace: 'guests' },
      });
    await put('secrets', { stringData: { 'tls.key': SECRETS.secret } });
    await put('configmaps', { data: { kubeconfig: `kind: Config\ntoken: ${SECRETS.configMap}\n` } });
    // It prints what it was given, plain, in base64 and as it may stand in JSON.
    const words = [SECRETS.environment, Buffer.from(SECRETS.environment).toString('base64'), SECRETS.known, SESSION];
    const text = [`env ${words.join(' ')}`, JSON.stringify({ sev: { session: SESSION, dhCert: DH_CERT } })].join(' ');
    const container = {
      ...{ name: 'main', image: 'registry.example/tool:1', command: ['echo', text] },
      env: [{ name: 'DB_PASSWORD', value: SECRETS.environment }],
    };
    await put('pods', { spec: { restartPolicy: 'Never', containers: [container] } });
    await cluster.boot(
      'sev',
      ({ status }) => status !== undefined,
      (vmi) => ({
        ...vmi,
        metadata: {
          ...vmi.metadata,
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"x":"${SECRETS.applied}"}` },
        },
        spec: {
          ...vmi.spec,
          startStrategy: 'Paused',
          domain: {
            ...vmi.spec.domain,
            launchSecurity: { sev: { attestation: {}, session: SESSION, dhCert: DH_CERT } },
            devices: {
              ...vmi.spec.domain.devices,
              disks: [...vmi.spec.domain.devices.disks, { name: 'init', disk: { bus: 'virtio' } }],
            },
          },
          volumes: [
            ...vmi.spec.volumes,
            { name: 'init', cloudInitNoCloud: { userData: `#cloud-config\npassword: ${SECRETS.userData}\n` } },
          ],
        },
      }),
    );
    await cluster.ended('talkative-pods');
    const redactor = createRedactor();
    redactor.learn(SECRETS.known);
    const transcript = `login: root\nPassword: ${SECRETS.userData}\n`;
    kept = await keepOne({ failure: failureOf({ transcript }), redactor, bounds: { reach: cluster.reach } });
  });
  after(async () => await cluster.stop());

  it('are nowhere in its bundle, in no spelling', () => {
    const found = [...kept.files].flatMap(([name, text]) =>
      canariesIn(text, canaries).map((trace) => `${name}: ${trace}`),
    );
    expect(found).to.deep.equal([]);
  });

  it('were there to be found: what held them is in the bundle, masked', () => {
    const text = (name: string) => kept.files.get(name) ?? '';
    const vmis = text('objects/virtualmachineinstances.yaml');
    expect(vmis)
      .to.match(/session: <redacted>/)
      .and.to.match(/dhCert: <redacted>/);
    expect(vmis)
      .to.match(/userData: <redacted>/)
      .and.to.not.include('last-applied-configuration');
    expect(text('objects/pods.yaml')).to.match(/name: DB_PASSWORD\n\s+value: <redacted>/);
    expect(text('logs/talkative-pods/main.log')).to.match(/env <redacted> <redacted> <redacted> <redacted>/);
    expect(text('guest/console.txt')).to.equal('login: root\nPassword: <redacted>\n');
  });
});
