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
