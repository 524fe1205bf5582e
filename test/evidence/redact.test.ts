import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createRedactor, learningAsk, learnLogins } from '../../harness/evidence/redact.ts';

describe('the redactor', () => {
  it('masks a value that it learnt, in plain text and in base64', () => {
    const redactor = createRedactor();
    redactor.learn('hunter2-and-more');
    expect(redactor.redact('login with hunter2-and-more failed')).to.equal('login with <redacted> failed');
    expect(redactor.redact(`auth ${Buffer.from('hunter2-and-more').toString('base64')}`)).to.equal('auth <redacted>');
  });

  it('masks it however it is spelled: in JSON, in XML, in a URL, in hex, and in base64 wherever it begins', () => {
    const redactor = createRedactor();
    const secret = `p"a\\s & <w>ö/r'd?`;
    redactor.learn(secret);
    const hidden = (text: string) => redactor.redact(text).replaceAll('<redacted>', '');
    expect(hidden(JSON.stringify({ a: secret }))).to.equal('{"a":""}');
    expect(hidden(JSON.stringify(JSON.stringify(secret)))).to.equal(String.raw`"\"\""`);
    expect(hidden('p&quot;a\\s &amp; &lt;w&gt;ö/r&apos;d?')).to.equal('');
    expect(hidden(encodeURIComponent(secret))).to.equal('');
    expect(hidden(new URLSearchParams({ q: secret }).toString())).to.equal('q=');
    expect(hidden(Buffer.from(secret).toString('hex').toUpperCase())).to.equal('');
    for (const before of ['', 'u', 'u:', 'me:', 'user:']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${before}${secret} and more`).toString(encoding);
        expect(redactor.redact(text), `${before} ${encoding}`).to.include('<redacted>');
        const rest = Buffer.from(hidden(text), encoding).toString();
        expect(rest).to.not.include('w>');
      }
    }
  });

  it('masks it when it is escaped as Go, Python, shells, hex dumps and double encoding do', () => {
    const redactor = createRedactor();
    const secret = `p"a & <w>ö/r'd?`;
    redactor.learn(secret);
    const hidden = (text: string) => redactor.redact(text).replaceAll('<redacted>', '');
    const bytes = Buffer.from(secret);
    expect(hidden(String.raw`{"a":"p\"a \u0026 \u003cw\u003eö/r'd?"}`)).to.equal('{"a":""}');
    expect(hidden(String.raw`{"a":"p\"a & <w>\u00f6/r'd?"}`)).to.equal('{"a":""}');
    expect(hidden(String.raw`{"a":"p\"a & <w>ö\/r'd?"}`)).to.equal('{"a":""}');
    expect(hidden(`'${secret.replaceAll("'", "'\\''")}'`)).to.equal("''");
    expect(hidden(encodeURIComponent(encodeURIComponent(secret)))).to.equal('');
    for (const between of [':', ' '])
      expect(hidden([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(between))).to.equal('');
    const kubeconfig = `token: ${secret}\n`;
    const inSecret = Buffer.from(Buffer.from(secret).toString('base64')).toString('base64');
    expect(redactor.redact(inSecret)).to.include('<redacted>');
    expect(redactor.redact(Buffer.from(kubeconfig).toString('base64'))).to.include('<redacted>');
  });

  describe('of a secret that is broken up', () => {
    const SECRET = 'correct horse battery staple and some more words, of 4711 apples';
    const redactor = createRedactor();
    redactor.learn(SECRET);
    const base64 = Buffer.from(`user:${SECRET}${SECRET}`).toString('base64');
    const wrapped = (text: string, columns: number, between: string) =>
      (text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).join(between);
    /** Nothing of it that could be told is left. */
    const hides = (text: string) => {
      const clean = redactor.redact(text);
      expect(clean, text).to.include('<redacted>');
      const rest = clean.replace(/[\s\\]|\d\d:\d\d:\d\dZ/g, '');
      for (const piece of ['horse', 'staple', 'apples', 'Y29ycmVjdCBob3JzZ', 'IGJhdHRlcnkg', 'zdGFwbGU', 'YXBwbGV'])
        expect(rest, text).to.not.include(piece);
    };

    it('masks it when base64 is wrapped at 64 or 76 columns, indented or with its line ends written out', () => {
      for (const columns of [64, 76]) {
        for (const between of ['\n', '\r\n', '\n      ', '\\n', '\\r\\n', '\\\\n'])
          hides(wrapped(base64, columns, between));
      }
    });

    it('masks it when it is wrapped by a terminal, folded by YAML or spread over log lines', () => {
      hides(wrapped(SECRET, 20, '\n'));
      hides(SECRET.replace(' battery', '\n    battery'));
      hides(wrapped(SECRET, 30, '\n18:54:04Z '));
      hides(wrapped(base64, 40, '\n2026-11-24T10:00:02.123Z stderr F '));
      hides(wrapped(base64, 40, '\n[    9.138296] '));
      hides(wrapped(base64, 40, '\nI1124 10:00:02.123456       1 server.go:12] '));
    });

    it('keeps what stands before, between and behind', () => {
      const text = `first\n  ${wrapped(SECRET, 20, '\n  ')}\nmiddle ${SECRET}\n last`;
      expect(redactor.redact(text)).to.equal('first\n  <redacted>\nmiddle <redacted>\n last');
    });

    it('masks what is left where a message was cut', () => {
      expect(redactor.redact('said: correct horse batt')).to.equal('said: <redacted>');
      expect(redactor.redact('...some more words, of 4711 apples; exit 1')).to.equal('...<redacted>; exit 1');
      expect(redactor.redact('said: correct horse batt... and 300 more')).to.equal('said: <redacted>... and 300 more');
      expect(redactor.redact('the correct')).to.equal('the correct');
    });
  });

  it('is quick in a long log, also when it knows thousands of secrets', () => {
    const redactor = createRedactor();
    for (let at = 0; at < 2000; at += 1) redactor.learn(`${at}-secret-of-somebody-${at * 7919}`);
    const line = '2026-11-24T10:00:02Z virt-handler: waiting... for devices.kubevirt.io/sev of node sev-1, 3 of 5\n';
    const long = `${line.repeat(10_000)}17-secret-of-somebody-134623`;
    const startedAt = process.cpuUsage().user;
    expect(redactor.redact(long)).to.match(/3 of 5\n<redacted>$/);
    expect((process.cpuUsage().user - startedAt) / 1000).to.be.below(5000);
  });

  it('leaves no rest of a long secret of which it knows a part, too', () => {
    const redactor = createRedactor();
    redactor.learn('correct horse');
    redactor.learn('correct horse battery staple');
    expect(redactor.redact('it is correct horse battery staple')).to.equal('it is <redacted>');
  });

  it('learns what a person types where nothing is shown, and nothing else', async () => {
    const redactor = createRedactor();
    const ask = learningAsk(redactor, async (question) => `answer to ${question}`);
    const { signal } = new AbortController();
    await ask('passphrase', { isSecret: true, signal });
    await ask('fingerprint', { isSecret: false, signal });
    expect(redactor.redact('answer to passphrase, answer to fingerprint')).to.equal(
      '<redacted>, answer to fingerprint',
    );
  });

  it('masks single lines of a key that it learnt', () => {
    const redactor = createRedactor();
    redactor.learn(
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nQyNTUxOQAAACD\n-----END OPENSSH PRIVATE KEY-----\n',
    );
    expect(redactor.redact('seen: b3BlbnNzaC1rZXktdjEAAAAA.')).to.equal('seen: <redacted>.');
  });

  it('masks private keys, tokens and headers that it never learnt', () => {
    const { redact } = createRedactor();
    expect(redact('-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----')).to.equal('<redacted>');
    expect(redact('-----BEGIN EC PRIVATE KEY-----\ncut short')).to.equal('<redacted>');
    expect(redact('t eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl x')).to.equal('t <redacted> x');
    expect(redact('Authorization: Bearer abcdefgh12345')).to.equal('Authorization: Bearer <redacted>');
    expect(redact('client-key-data: LS0tLS1CRUdJTg==')).to.equal('client-key-data: <redacted>');
  });

  it('masks them in base64, wrapped, in variables, in URLs and in logins of registries', () => {
    const { redact } = createRedactor();
    const pem =
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n';
    const inBase64 = Buffer.from(pem).toString('base64');
    expect(redact(`tls.key: ${inBase64}`)).to.equal('tls.key: <redacted>');
    const lines = inBase64.match(/.{1,64}/g) ?? [];
    expect(redact(`tls.key: |\n  ${lines.join('\n  ')}\nname: x`)).to.equal('tls.key: |\n  <redacted>\nname: x');
    expect(redact(JSON.stringify({ log: lines.join('\n') }))).to.equal('{"log":"<redacted>"}');
    const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----').toString('base64');
    expect(redact(certificate)).to.equal(certificate);
    expect(redact('QUAY_PASSWORD=s3cr3t-of-quay REGISTRY_TOKEN: "abcdef123"')).to.equal(
      'QUAY_PASSWORD=<redacted> REGISTRY_TOKEN: "<redacted>"',
    );
    expect(redact('QUAY_PASSWORD=/etc/quay/password')).to.equal('QUAY_PASSWORD=/etc/quay/password');
    expect(redact('proxy http://me:s3cr3t@proxy:3128 of ssh://root@node:22')).to.equal(
      'proxy http://me:<redacted>@proxy:3128 of ssh://root@node:22',
    );
    expect(redact('{"auths":{"quay.io":{"auth":"bWU6c2VjcmV0"}}}')).to.equal(
      '{"auths":{"quay.io":{"auth":"<redacted>"}}}',
    );
    expect(redact('authorization: bearer abcdefgh12345')).to.equal('authorization: bearer <redacted>');
    const token = `eyJhbGciOiJSUzI1NiIsImtpZCI6Ing.eyJpc3MiOiJrdWJlcm5ldGVz${'L3NlcnZpY2VhY2NvdW50'.repeat(4)}.${'c2ln'.repeat(20)}`;
    expect(redact(`t:\n  ${(token.match(/.{1,64}/g) ?? []).join('\n  ')}\nend`)).to.equal('t:\n  <redacted>\nend');
    expect(redact(Buffer.from(token).toString('base64'))).to.equal('<redacted>');
    expect(redact('tik: MDEyMzQ1Njc4OWFiY2RlZg==')).to.equal('tik: <redacted>');
  });

  it('leaves ordinary text alone, also when a short value was learnt', () => {
    const redactor = createRedactor();
    redactor.learn('sev');
    expect(redactor.redact('sev guest: token of appreciation')).to.equal('sev guest: token of appreciation');
  });

  it('reaches into structures', () => {
    const redactor = createRedactor();
    redactor.learn('top-secret-value');
    expect(redactor.redactAll({ a: ['x top-secret-value', 3, null], b: { c: 'top-secret-value' } })).to.deep.equal({
      a: ['x <redacted>', 3, null],
      b: { c: '<redacted>' },
    });
  });

  it('knows all that logs in on the node and on the hosts in between', () => {
    const redactor = createRedactor();
    const key = (name: string) => ({
      kind: 'key' as const,
      path: '/id',
      privateKey: Buffer.from(`-----BEGIN X-----\nbody-of-${name}\n`),
      passphrase: `phrase of ${name}`,
    });
    const gate = { host: 'gate', port: 22, user: 'me', auth: [key('gate')], hostKeys: { knownHostsFiles: [] } };
    const auth = [key('node'), { kind: 'password' as const, password: 'hunter22' }];
    learnLogins(redactor, { ...gate, auth, jumps: [gate] });
    learnLogins(redactor, undefined);
    const text = 'body-of-gate phrase of gate body-of-node phrase of node hunter22';
    expect(redactor.redact(text).replaceAll('<redacted>', '').trim()).to.equal('');
  });
});
