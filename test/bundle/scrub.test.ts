import { expect } from 'chai';
import { describe, it } from 'mocha';
import { scrub } from '../../harness/evidence/bundle/scrub.ts';
import { scrubText } from '../../harness/evidence/bundle/scrub-text.ts';
import { createRedactor } from '../../harness/evidence/redact.ts';

const SESSION = Buffer.from('a wrapped TEK and TIK, forty-eight bytes of it..').toString('base64');
const DH_CERT = Buffer.alloc(96, 7).toString('base64');

function scrubbed(object: object): { readonly text: string; readonly redact: (text: string) => string } {
  const redactor = createRedactor();
  return { text: JSON.stringify(scrub(object, redactor)), redact: redactor.redact };
}

describe('an object in a bundle', () => {
  it('has lost managedFields and the copy of itself that kubectl left, and nothing else', () => {
    const metadata = { name: 'a', labels: { app: 'x' }, annotations: { note: 'kept' } };
    const given = {
      kind: 'Pod',
      metadata: {
        ...metadata,
        managedFields: [{ manager: 'kubectl' }],
        annotations: { ...metadata.annotations, 'kubectl.kubernetes.io/last-applied-configuration': '{"secret":1}' },
      },
    };
    expect(scrub(given, createRedactor())).to.deep.equal({ kind: 'Pod', metadata });
  });

  it('keeps the names of what a Secret holds and none of its values, also inside of a list', () => {
    const secret = { kind: 'Secret', data: { cert: 'cGxhaW4tdmFsdWUtNDI=' }, stringData: { key: 'plain-value-43' } };
    const { text, redact } = scrubbed({ kind: 'List', items: [secret] });
    expect(text).to.include('"cert":"<redacted>"').and.to.include('"key":"<redacted>"');
    for (const value of ['cGxhaW4tdmFsdWUtNDI=', 'plain-value-42', 'plain-value-43'])
      expect(redact(`a log says ${value}.`), value).to.equal('a log says <redacted>.');
  });

  it('has no session and no certificate of an attested launch, in a guest and in the template of a VM', () => {
    const spec = { domain: { launchSecurity: { sev: { attestation: {}, session: SESSION, dhCert: DH_CERT } } } };
    for (const object of [
      { kind: 'VirtualMachineInstance', spec },
      { kind: 'VirtualMachine', spec: { template: { spec } } },
    ]) {
      const { text, redact } = scrubbed(object);
      expect(text).to.include('"session":"<redacted>","dhCert":"<redacted>"');
      expect(redact(`<x>${SESSION}</x>`)).to.equal('<x><redacted></x>');
    }
  });

  it('has no header and no secret that was injected', () => {
    const { text } = scrubbed({ sevSecretOptions: { header: DH_CERT, secret: SESSION } });
    expect(text).to.equal('{"sevSecretOptions":{"header":"<redacted>","secret":"<redacted>"}}');
  });

  it('has no environment value of a secret-like name, and keeps where a secret lies', () => {
    const env = [
      { name: 'DB_PASSWORD', value: 'hunter2-hunter2' },
      { name: 'API_KEY', value: 'k-0123456789' },
      { name: 'TIK', value: 'AAECAwQFBgcICQoLDA0ODw==' },
      { name: 'TLS_SECRET_NAME', value: 'kubevirt-ca' },
      { name: 'OPERATOR_IMAGE', value: 'quay.io/kubevirt/virt-operator:v1.9.0' },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'token' } } },
    ];
    const { text, redact } = scrubbed({ kind: 'Pod', spec: { containers: [{ name: 'c', env }] } });
    for (const value of ['hunter2-hunter2', 'k-0123456789', 'AAECAwQFBgcICQoLDA0ODw==']) {
      expect(text).to.not.include(value);
      expect(redact(value)).to.equal('<redacted>');
    }
    expect(text).to.include('kubevirt-ca').and.to.include('virt-operator:v1.9.0').and.to.include('secretKeyRef');
  });

  it('has no user data of cloud-init, whose lines stay readable elsewhere', () => {
    const userData = '#cloud-config\npassword: hunter2-hunter2\nruncmd: [dmesg]\n';
    const { text, redact } = scrubbed({ spec: { volumes: [{ cloudInitNoCloud: { userData } }] } });
    expect(text).to.include('"userData":"<redacted>"');
    expect(redact('it ran runcmd: [dmesg]')).to.equal('it ran runcmd: [dmesg]');
    expect(redact('logged in with hunter2-hunter2')).to.equal('logged in with <redacted>');
  });

  it('has nothing of a ConfigMap that logs in somewhere, and the rest of it', () => {
    const kubeconfig = 'apiVersion: v1\nkind: Config\nusers:\n- user:\n    token: tok-0123456789\n';
    const { text, redact } = scrubbed({ kind: 'ConfigMap', data: { 'admin.conf': kubeconfig, 'ca.crt': 'public' } });
    expect(text).to.equal('{"kind":"ConfigMap","data":{"admin.conf":"<redacted>","ca.crt":"public"}}');
    expect(redact('apiVersion: v1')).to.equal('apiVersion: v1');
    expect(redact('uses tok-0123456789')).to.equal('uses <redacted>');
  });

  it('teaches no ordinary word, which would hide evidence', () => {
    const env = [{ name: 'PASSWORD', value: 'fedora' }];
    const { text, redact } = scrubbed({ spec: { containers: [{ env }] } });
    expect(text).to.not.include('fedora');
    expect(redact('fedora login: ')).to.equal('fedora login: ');
  });
});

describe('a text in a bundle', () => {
  const domain = `<domain type='kvm'><launchSecurity type='sev'><policy>0x0001</policy><session>${SESSION}</session><dhCert>${DH_CERT}</dhCert></launchSecurity></domain>`;

  it('has no session in domain XML, also where JSON has escaped it', () => {
    for (const text of [
      domain,
      JSON.stringify(domain),
      JSON.stringify(domain).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'),
    ]) {
      expect(scrubText(text)).to.not.include(SESSION).and.to.not.include(DH_CERT);
      expect(scrubText(text)).to.include('launchSecurity').and.to.include('0x0001');
    }
  });

  it('has none in the base64 dump of the domain that virt-launcher logs', () => {
    const dump = (xml: string) => `Domain XML generated. Base64 dump ${Buffer.from(xml).toString('base64')}`;
    const clean = scrubText(dump(domain));
    const decoded = Buffer.from(clean.split(' ').at(-1) ?? '', 'base64').toString();
    expect(decoded).to.include("<launchSecurity type='sev'>").and.to.not.include(SESSION);
    const harmless = dump("<domain type='kvm'><name>guests_sev</name><memory unit='KiB'>1048576</memory></domain>");
    expect(scrubText(harmless)).to.equal(harmless);
  });

  it('has none in an object inside of a log line', () => {
    const line = JSON.stringify({ msg: JSON.stringify({ sev: { session: SESSION, dhCert: DH_CERT } }) });
    expect(scrubText(line)).to.not.include(SESSION).and.to.not.include(DH_CERT);
  });

  it('keeps what only looks like it', () => {
    const line = 'opened session: 42 for user root';
    expect(scrubText(line)).to.equal(line);
  });
});
