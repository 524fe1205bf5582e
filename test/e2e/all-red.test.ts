import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { stringify } from 'yaml';
import type { Report } from '../../harness/model/report.ts';
import { canariesIn, canary } from './canary.ts';
import { sevlane } from './cli.ts';

/** What the run is told, so that it is known by its value. */
const PASSWORD = 'never typed "q\\ & <w> ü/r\'d? 7Gk2pXz, and long enough to be wrapped at any width at all';
/** What nobody tells it, so that only its shape gives it away. */
const JWT = [
  'eyJhbGciOiJSUzI1NiIsImtpZCI6ImNhbmFyeS1rZXktMDEifQ',
  Buffer.from(
    JSON.stringify({ iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:x:canary', n: 'pQ7'.repeat(20) }),
  ).toString('base64url'),
  'c2lnbmF0dXJlLW9mLWEtY2FuYXJ5LXRoYXQtbm9ib2R5LW1heS1zZWU',
].join('.');
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const REGISTRY = 's3cr3t-of-the-registry-51x';

const wrapped = (text: string, columns: number, between = '\n') =>
  (text.match(new RegExp(`.{1,${columns}}`, 'gs')) ?? []).join(between);
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Everything that somebody may have written where a bundle looks. */
const PLANTED: Readonly<Record<string, string>> = {
  plain: `login as fedora with ${PASSWORD}`,
  'in-json': JSON.stringify({ user: 'fedora', note: PASSWORD }),
  'in-json-of-go': JSON.stringify(PASSWORD).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
  'in-a-url': `https://x.example/?q=${encodeURIComponent(PASSWORD)}`,
  'in-hex': Buffer.from(PASSWORD).toString('hex'),
  'in-base64': base64(`fedora:${PASSWORD}`),
  'in-base64-of-64': wrapped(base64(PASSWORD), 64),
  'in-base64-of-76': wrapped(base64(`fedora:${PASSWORD}\n`), 76, '\r\n'),
  'over-lines': wrapped(PASSWORD, 24),
  'over-log-lines': wrapped(PASSWORD, 24, '\n2026-11-24T10:00:02.123Z '),
  token: `kubectl --token ${JWT}`,
  'token-over-lines': wrapped(JWT, 64),
  key: KEY,
  'key-in-base64': wrapped(base64(KEY), 64),
  registry: `pulling with QUAY_PASSWORD=${REGISTRY} from https://robot:${REGISTRY}@quay.example/v2`,
};

const event = (name: string, message: string) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `planted.${name}`, namespace: 'default' },
  involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'sev-milan-1' },
  reason: 'Planted',
  message: `planted ${message}`,
  type: 'Warning',
  source: { component: 'somebody' },
  firstTimestamp: '2026-11-24T10:00:00Z',
  lastTimestamp: '2026-11-24T10:00:00Z',
  count: 1,
});

const SCENARIO = {
  name: 'all-red',
  description: 'Every case fails, the guests cannot be taken away, and secrets stand wherever one looks.',
  faults: [
    { guest: 'all', stuckIn: 'Scheduled' },
    {
      api: { verb: 'delete', resource: 'namespaces' },
      answer: 'status',
      status: 500,
      reason: 'InternalError',
      message: `webhook said: Authorization: Bearer ${JWT}, or ${PASSWORD}`,
    },
    {
      objects: [
        {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: {
            name: 'NODE',
            annotations: Object.fromEntries(Object.entries(PLANTED).map(([name, text]) => [`planted/${name}`, text])),
          },
        },
        ...Object.entries(PLANTED).map(([name, text]) => event(name, text)),
      ],
    },
  ],
};

/** Cases that no guest is needed for. */
const WITHOUT_GUEST = 'the host has it|the node is labelled|the API keeps';

describe('a run in which everything failed', function () {
  this.timeout(180_000);

  it('tells no secret: not in its bundles, logs, evidence, reports, events or output', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sevlane-all-red-'));
    try {
      writeFileSync(join(folder, 'all-red.yaml'), stringify(SCENARIO));
      const out = join(folder, 'out');
      const { exitCode, stdout, stderr } = await sevlane(
        [
          ...['run', '--provider', 'mock', '--sim-scenario', join(folder, 'all-red.yaml'), '--artifacts', out],
          ...[
            '--require',
            'sev,sev-snp',
            '--guest-boot-timeout',
            '1s',
            '--skip',
            WITHOUT_GUEST,
            '--undo-timeout',
            '20s',
            '--json',
            '--verbose',
          ],
        ],
        { env: { SEVLANE_GUEST_PASSWORD: PASSWORD } },
      );
      expect(exitCode, stderr.slice(-4000)).to.equal(1);
      const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report;
      const ran = report.cases.filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'not-run');
      expect(ran).to.have.length.at.least(3);
      expect(ran.filter(({ outcome }) => outcome === 'passed').map(({ title }) => title)).to.deep.equal([]);
      expect(report.phases.find(({ name }) => name === 'undo')?.outcome).to.equal('errored');

      const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
        statSync(join(out, name)).isFile(),
      );
      const texts = new Map(files.map((name) => [name, readFileSync(join(out, name))]));
      // Whoever finds nothing has to have looked where something was.
      const read = (pattern: RegExp) =>
        files
          .filter((name) => pattern.test(name))
          .map((name) => String(texts.get(name)))
          .join('\n');
      for (const name of Object.keys(PLANTED))
        expect(read(/^bundles\/.*node.*\.yaml$/), name).to.include(`planted/${name}: `);
      expect(read(/^bundles\/.*events\/node\.txt$/).match(/planted [^\n]*<redacted>/g)).to.have.length.above(10);
      expect(stderr).to.match(/webhook said: .*<redacted>/);

      const searched = [
        ...[canary('password', PASSWORD), canary('token', JWT), canary('key', KEY), canary('registry', REGISTRY)],
        ...JWT.split('.').map((part, at) => canary(`part ${at} of the token`, part)),
      ];
      for (const [name, content] of [
        ...texts,
        ['stdout', Buffer.from(stdout)],
        ['stderr', Buffer.from(stderr)],
      ] as const)
        expect(canariesIn(content, searched), name).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
