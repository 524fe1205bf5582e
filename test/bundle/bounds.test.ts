import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { BUNDLE_LIMITS, bothEnds, RESERVED_BYTES } from '../../harness/evidence/bundle/limits.ts';
import { bundleSlug } from '../../harness/evidence/bundle/slug.ts';
import { createRedactor } from '../../harness/evidence/redact.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failureOf, keepOne } from './sick-cluster.ts';

const NOWHERE = { namespace: 'guests' };

describe('a text that is too long for a bundle', () => {
  const lines = Array.from({ length: 1000 }, (_, at) => `line ${at}`).join('\n');

  it('keeps its beginning and its end, whole lines, and says how much is left out between', () => {
    const { text, leftOutBytes } = bothEnds(`${lines}\n`, 2000);
    expect(Buffer.byteLength(text)).to.be.at.most(2000);
    expect(text)
      .to.match(/^line 0\nline 1\n/)
      .and.to.match(/line 998\nline 999\n$/);
    expect(text).to.include(`[... ${leftOutBytes} bytes are left out here ...]`);
    for (const line of text.split('\n').slice(0, -1)) expect(line).to.match(/^(line \d+|\[\.\.\. .*)$/);
  });

  it('keeps nothing of a single line that is too long', () => {
    expect(bothEnds('x'.repeat(5000), 2000).text).to.equal('[... 5000 bytes are left out here ...]\n');
  });

  it('is as it was when it fits', () => {
    expect(bothEnds(lines, 100_000)).to.deep.equal({ text: lines, leftOutBytes: 0 });
  });
});

describe('the folder of a bundle', () => {
  it('is named after its row, the same on every run', () => {
    expect(bundleSlug('phase', 'kubevirt')).to.equal('phase-kubevirt');
    expect(bundleSlug('case', 'memory encryption SEV guest: boots')).to.equal('case-memory-encryption-sev-guest-boots');
  });

  it('differs for rows that differ only in signs', () => {
    const rows = ['[sig-compute] a: b', 'sig-compute a b', '(sig-compute) a, b', 'x'.repeat(200), 'x'.repeat(201)];
    const slugs = rows.map((row) => bundleSlug('case', row));
    expect(new Set(slugs).size).to.equal(rows.length);
    for (const slug of slugs) expect(slug).to.match(/^case-[a-z0-9-]{1,100}$/);
  });
});

describe('a bundle of a run that reached nothing', () => {
  it('has a timeline and an index, which says what could not be asked', async () => {
    const { files, index } = await keepOne({ bounds: { reach: NOWHERE } });
    expect([...files.keys()]).to.have.members(['index.md', 'index.json', 'timeline.md']);
    expect(index.notRead.map(({ why }) => why)).to.have.members([
      'the run had not reached the Kubernetes API',
      'there is no SSH connection to it',
    ]);
    expect(files.get('index.md')).to.include('the run had not reached the Kubernetes API');
  });

  it('says why it is short', async () => {
    const { files, index } = await keepOne({ bounds: { reach: NOWHERE, short: 'nothing heard for 60 s' } });
    expect(index.short).to.equal('nothing heard for 60 s');
    expect(files.get('index.md')).to.include('kept short: nothing heard for 60 s');
  });

  it('is not kept without time for it, and that is said', async () => {
    const { folder, log } = await keepOne({ bounds: { reach: NOWHERE, withinMs: 0 } });
    expect(folder).to.equal(undefined);
    expect(log.join()).to.match(/^no bundle of case .*: no time is left for it$/);
  });

  it('is not kept when enough are, and that is said', async () => {
    const limits = { ...BUNDLE_LIMITS, mostBundles: 0 };
    const { folder, log } = await keepOne({ bounds: { reach: NOWHERE }, limits });
    expect(folder).to.equal(undefined);
    expect(log.join()).to.include('0 are kept already');
  });

  it('is closed at once when the run ends over it', async () => {
    const scope = openScope(() => {});
    scope.abort(new InfraError('connection lost'));
    const never = () => new Promise<never>(() => {});
    const ssh = {
      description: 'node',
      lost: new AbortController().signal,
      exec: never,
      openChannel: never,
      close: never,
    };
    const { index } = await keepOne({ bounds: { reach: { ...NOWHERE, ssh } }, scope });
    expect(index.notRead.map(({ why }) => why)).to.include('connection lost');
  });

  it('ends when its time is up, whoever does not answer', async () => {
    const never = () => new Promise<never>(() => {});
    const ssh = {
      description: 'node',
      lost: new AbortController().signal,
      exec: never,
      openChannel: never,
      close: never,
    };
    const { index } = await keepOne({ bounds: { reach: { ...NOWHERE, ssh }, withinMs: 50 } });
    expect(index.notRead.map(({ why }) => why)).to.include('not read within 50 ms, the time for a bundle');
  });

  it('masks what is secret in every page of it, also in file and object names', async () => {
    const redactor = createRedactor();
    redactor.learn('canary-0123456789');
    const finding = { ...failureOf().finding, message: 'refused canary-0123456789' };
    const failure = failureOf({ finding, transcript: 'typed canary-0123456789' });
    const { files } = await keepOne({ failure, redactor, bounds: { reach: NOWHERE } });
    for (const [name, text] of files) expect(text, name).to.not.include('canary-0123456789');
    expect(files.get('guest/console.txt')).to.equal('typed <redacted>\n');
  });

  it('leaves out what does not fit, and says so', async () => {
    const limits = { ...BUNDLE_LIMITS, bundleBytes: RESERVED_BYTES + 100 };
    const { index } = await keepOne({ failure: failureOf({ transcript: 'x\n' }), limits, bounds: { reach: NOWHERE } });
    expect(index.notRead.map(({ what, why }) => `${what}: ${why}`)).to.include(
      'the dialogue at the serial console, as we had it: the bundle has reached its size limit',
    );
  });
});
