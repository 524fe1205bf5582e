import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { explain } from '../../harness/explain/explain.ts';
import { hostKernelLog } from '../../providers/mock/physics/host-log.ts';
import { HOST_PROFILES } from '../../providers/mock/physics/profiles/profiles.ts';
import { keepOne, startSickCluster } from '../bundle/sick-cluster.ts';
import { sevlane } from '../e2e/cli.ts';
import { skipBecause } from '../programs.ts';

const VECTORS = join(import.meta.dirname, '../../../../shared/vectors/kubevirt-live');

/** As a finding's own words, among which every entry is looked for: stricter than any file of a bundle. */
const hits = (text: string) =>
  explain([{ place: 'message', from: 'message', text }]).map(({ id, line }) => `${id}: ${line}`);

describe('logs of healthy runs', function () {
  this.timeout(120_000);

  it('hold no known text: a whole run with every event, line and piece of evidence', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sevlane-healthy-'));
    try {
      const run = ['run', '--provider', 'mock', '--verbose', '--json', '--artifacts', folder];
      const { exitCode, stdout, stderr } = await sevlane(run);
      expect(exitCode, stderr.slice(-3000)).to.equal(0);
      expect(hits(stdout)).to.deep.equal([]);
      expect(hits(stderr)).to.deep.equal([]);
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      const files = names.filter((name) => statSync(join(folder, name)).isFile());
      expect(files.filter((name) => name.startsWith('evidence/'))).to.have.length.above(20);
      for (const name of files) expect(hits(readFileSync(join(folder, name), 'utf8')), name).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('hold no known text: all that a bundle collects about a guest that runs', async () => {
    const cluster = await startSickCluster();
    try {
      await cluster.boot('sev-snp', ({ status }) => (status as { phase?: string } | undefined)?.phase === 'Running');
      await cluster.said(/ login: $/);
      const { files, index } = await keepOne({ bounds: { reach: cluster.reach } });
      expect(index.knownCauses ?? []).to.deep.equal([]);
      const collected = [...files].filter(([name]) => name.includes('/'));
      for (const kind of [/^logs\//, /^events\//, /^objects\//, /^host\/dmesg/, /qemu\.log$/, /serial\.log$/])
        expect(
          collected.some(([name]) => kind.test(name)),
          String(kind),
        ).to.equal(true);
      for (const [name, text] of collected) expect(hits(text), name).to.deep.equal([]);
    } finally {
      await cluster.stop();
    }
  });

  for (const name of ['milan', 'rome', 'rome-es', 'naples', 'genoa', 'turin'] as const) {
    it(`hold no known text: the kernel log of a ${name} host`, () => {
      const log = hostKernelLog(HOST_PROFILES[name]);
      expect(log).to.have.length.above(10);
      expect(hits(log.join('\n'))).to.deep.equal([]);
    });
  }

  it('hold no known text: the life of a VM as the real KubeVirt plays it', function () {
    if (!existsSync(VECTORS)) skipBecause(this, 'the recordings beside this project are not there');
    const lines = readFileSync(join(VECTORS, 'vm-lifecycle.txt'), 'utf8').split('\n');
    // What is refused there was asked for on purpose, by whoever recorded it.
    expect(hits(lines.filter((line) => !/^ *\d+ act /.test(line)).join('\n'))).to.deep.equal([]);
    for (const name of ['launcher-pod-sev.json', 'vmi-sev-running.json', 'objects/ns-pods.json', 'objects/node.json'])
      expect(hits(readFileSync(join(VECTORS, name), 'utf8')), name).to.deep.equal([]);
  });

  it('differ in that from a guest that found no node, as the real scheduler tells it', function () {
    if (!existsSync(VECTORS)) skipBecause(this, 'the recordings beside this project are not there');
    const found = hits(readFileSync(join(VECTORS, 'vmi-unschedulable.json'), 'utf8'));
    expect(found).to.have.length(1);
    expect(found[0]).to.match(/^no-node-matches: /);
  });
});
