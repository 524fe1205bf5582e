import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CLUSTER_TEXTS } from '../../harness/explain/cluster-texts.ts';
import { KNOWN_TEXTS } from '../../harness/explain/explain.ts';
import { FIRMWARE_TEXTS } from '../../harness/explain/firmware-texts.ts';
import { HOST_TEXTS } from '../../harness/explain/host-texts.ts';
import type { KnownText } from '../../harness/explain/known-text.ts';
import { REFUSAL_TEXTS } from '../../harness/explain/refusal-texts.ts';
import { SAMPLES } from './samples.ts';

const PAGE = join(import.meta.dirname, '../../../docs/known-causes.md');

const PARTS: readonly (readonly [string, readonly KnownText[]])[] = [
  ['What the SEV firmware refuses', FIRMWARE_TEXTS],
  ['What QEMU, libvirt, the host kernel and the guest say', HOST_TEXTS],
  ['Pods without a place, an image, a volume or an end', CLUSTER_TEXTS],
  ['What the API, the network and SSH refuse', REFUSAL_TEXTS],
];

const HEAD = `# Known causes

Some texts mean the same each time. Where a red finding quotes one of these, or the bundle about it holds one, the report
says so: \`knownCauses\` of the finding in report.json, \`known cause\` in JUnit and in the closing paragraph, and in the
bundle's index. They explain a verdict and never change it.

To add one, add an entry to the table of its subject in \`harness/explain/\` (its pattern has to be so narrow that it hits
nothing else, and nothing in the logs of a healthy run) and a sample as it really looks to \`test/explain/samples.ts\`.
The tests then say whether both fit. This page is written by \`UPDATE_KNOWN_CAUSES=1\` and \`test/explain/page.test.ts\`.
`;

function page(): string {
  const rows = (texts: readonly KnownText[]) =>
    texts.map(({ id, places, cause, action, source }) => {
      const cells = [`\`${id}\``, sampleOf(id), places.join(', '), cause, action, source];
      return `| ${cells.map((text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`;
    });
  const parts = PARTS.map(([title, texts]) =>
    [
      `## ${title}`,
      '',
      '| id | e.g. | looked for in | why | what to do | known from |',
      '|---|---|---|---|---|---|',
      ...rows(texts),
      '',
    ].join('\n'),
  );
  return [HEAD, ...parts].join('\n');
}

function sampleOf(id: string): string {
  const whole = SAMPLES.find((sample) => sample.id === id)?.text(7) ?? '';
  const { pattern } = KNOWN_TEXTS.find((known) => known.id === id) ?? {};
  const found = pattern?.exec(whole)?.[0] ?? whole;
  return `\`${(found.length > 90 ? `...${found.slice(-87)}` : found).trim()}\``;
}

describe('docs/known-causes.md', () => {
  it('lists every known text (UPDATE_KNOWN_CAUSES=1 rewrites it)', async () => {
    if (process.env.UPDATE_KNOWN_CAUSES !== undefined) await writeFile(PAGE, page());
    expect(await readFile(PAGE, 'utf8')).to.equal(page());
  });
});
