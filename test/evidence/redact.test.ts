import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createRedactor, learnLogins } from '../../harness/evidence/redact.ts';

describe('the redactor', () => {
  it('masks a value that it learnt, in plain text and in base64', () => {
    const redactor = createRedactor();
    redactor.learn('hunter2-and-more');
    expect(redactor.redact('login with hunter2-and-more failed')).to.equal('login with <redacted> failed');
    expect(redactor.redact(`auth ${Buffer.from('hunter2-and-more').toString('base64')}`)).to.equal('auth <redacted>');
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
