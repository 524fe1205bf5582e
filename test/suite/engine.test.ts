import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { InfraError, ProductFailure } from '../../harness/errors/errors.ts';
import { keepEvidenceIn } from '../../harness/evidence/collect.ts';
import { createRedactor } from '../../harness/evidence/redact.ts';
import type { Guest } from '../../harness/kubevirt/guest.ts';
import type { ConnectionMoment } from '../../harness/model/connection.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { GUESTS_AT_ONCE, type GuestSpec } from '../../harness/model/guests.ts';
import type { CaseResult } from '../../harness/model/result.ts';
import { deadline } from '../../harness/scope/deadline.ts';
import { openScope, type Scope } from '../../harness/scope/scope.ts';
import { loadSuites, type Selection, type Suites } from '../../harness/suite/engine.ts';
import { openLane } from '../../harness/suite/lane.ts';
import { hostFacts } from './made-up.ts';

const everything: Selection = { kinds: ['sev', 'sev-es', 'sev-snp', 'plain'], labels: () => true };

describe('the suites', () => {
  let suites: Suites;
  let artifacts: string;

  before(async () => {
    suites = await loadSuites(new URL('./fixtures/two-suites/', import.meta.url));
    artifacts = await mkdtemp(join(tmpdir(), 'sevlane-test-'));
  });

  after(async () => await rm(artifacts, { recursive: true }));

  it('are planned in order, with constant and unique titles', () => {
    const titles = suites.plan(everything).map(({ title }) => title);
    expect(titles.slice(0, 4)).to.deep.equal([
      'first suite SEV guest: host case',
      'first suite SEV guest: creates',
      'first suite SEV guest: runs',
      'first suite SEV guest: still runs',
    ]);
    expect(new Set(titles).size).to.equal(titles.length);
  });

  it('are chosen by kind, label, focus and skip', () => {
    const plan = (selection: Partial<Selection>) =>
      suites.plan({ ...everything, ...selection }).map(({ title }) => title);
    expect(plan({ kinds: ['plain'] })).to.deep.equal(
      ['creates', 'runs', 'still runs'].map((title) => `first suite control guest: ${title}`),
    );
    expect(plan({ labels: (labels) => labels.includes('SEVSNP'), focus: /runs$/, skip: /still/ })).to.deep.equal([
      'first suite SEV-SNP guest: runs',
    ]);
  });

  it('keep evidence, end cases and give each guest back after its last case', async () => {
    const told = await runCases({ ...everything, kinds: ['sev', 'plain'], focus: /^first/ }, () => {});
    expect(told.cases.map(({ title, outcome }) => `${outcome} ${title}`)).to.deep.equal([
      'passed first suite SEV guest: host case',
      'passed first suite SEV guest: creates',
      'passed first suite SEV guest: runs',
      'passed first suite SEV guest: still runs',
      'passed first suite control guest: creates',
      'passed first suite control guest: runs',
      'passed first suite control guest: still runs',
    ]);
    expect(told.calls).to.deep.equal([
      'create sev',
      'run sev',
      'delete sev',
      'create plain',
      'run plain',
      'delete plain',
    ]);
    const alive = told.calls.map((_, index) => {
      const before = told.calls.slice(0, index + 1);
      const count = (what: string) => before.filter((call) => call.startsWith(what)).length;
      return count('create') - count('delete');
    });
    expect(Math.max(...alive)).to.equal(GUESTS_AT_ONCE);
    const [evidence] = told.cases[1]?.evidence ?? [];
    expect(evidence).to.include({ file: 'evidence/sev/created.txt', proves: 'it is there', sizeBytes: 1 });
    expect(await readFile(join(artifacts, 'evidence/sev/created.txt'), 'utf8')).to.equal('x');
  });

  it('report a guest that fails once, and what depends on it as not run', async () => {
    const told = await runCases({ ...everything, kinds: ['sev'], focus: /^first/ }, (call) => {
      if (call === 'run sev') throw new ProductFailure('it crashed');
    });
    expect(told.cases.map(({ outcome }) => outcome)).to.deep.equal(['passed', 'passed', 'failed', 'not-run']);
    expect(told.cases[2]?.finding).to.include({ blame: 'product', message: 'it crashed' });
    expect(told.cases[3]?.reason).to.equal('not run: the guest failed before, in "first suite SEV guest: runs"');
    expect(told.calls.at(-1)).to.equal('delete sev');
  });

  it('keep what is around a failed case once, while its guest is still there', async () => {
    const told = await runCases({ ...everything, kinds: ['sev'], focus: /^first/ }, (call) => {
      if (call === 'run sev') throw new ProductFailure('it crashed');
    });
    const row = 'first suite SEV guest: runs';
    expect(told.bundles).to.deep.equal([{ row, message: 'it crashed', before: ['create sev', 'run sev'] }]);
  });

  it('tell how a case failed as it was before its bundle, even when the run ends over collecting that', async () => {
    const told = await runCases({ ...everything, kinds: ['sev'], focus: /^first/ }, async (call, scope) => {
      if (call === 'run sev') throw new ProductFailure('it crashed');
      if (call !== 'bundle') return;
      await realTime(60);
      scope.abort(new InfraError('connection lost'));
    });
    expect(told.cases.at(-1)?.finding).to.include({ blame: 'product', message: 'it crashed' });
    expect(told.cases.at(-1)?.ms).to.be.below(60);
  });

  it('call a case that passes without evidence a bug, a failed assertion a product failure, and bound a case that hangs', async () => {
    const told = await runCases({ ...everything, kinds: ['sev'], focus: /^second/ }, () => {});
    expect(told.cases.map(({ outcome, finding }) => `${outcome} ${finding?.blame}: ${finding?.message}`)).to.deep.equal(
      [
        'errored internal: "second suite SEV guest: passes without evidence" passed without evidence on file',
        'failed product: the number: expected 1 to equal 2',
        'failed product: not done within 20 ms',
      ],
    );
  });

  it('stop at once when the run ends, and still give the guest back', async () => {
    const lost = new InfraError('connection lost');
    const told = await runCases({ ...everything, kinds: ['sev', 'plain'], focus: /^first/ }, (call, scope) => {
      if (call !== 'run sev') return;
      scope.abort(lost);
      return new Promise(() => {});
    });
    expect(told.cases.map(({ title }) => title)).to.deep.equal([
      'first suite SEV guest: host case',
      'first suite SEV guest: creates',
    ]);
    expect(told.calls).to.deep.equal(['create sev', 'run sev', 'delete sev']);
  });

  it('give a case the time back for which the connection was cut under it', async () => {
    const told = await runCases({ ...everything, kinds: ['sev'], focus: /^first.*: runs$/ }, async (call, scope) => {
      if (call !== 'run sev') return;
      tellConnection(scope, 'cut');
      await realTime(2500);
      tellConnection(scope, 'reconnected');
    });
    expect(told.cases.map(({ outcome }) => outcome)).to.deep.equal(['passed']);
    expect(told.log.join()).to.match(/SEV guest: runs: 2\.\d s without a connection are not counted/);
  });

  it('do not blame the product for a case that has to do again what a cut undid', async () => {
    const told = await runCases({ ...everything, kinds: ['sev'], focus: /^first.*: runs$/ }, async (call, scope) => {
      if (call !== 'run sev') return;
      tellConnection(scope, 'cut');
      await realTime(50);
      tellConnection(scope, 'closed');
      await new Promise(() => {});
    });
    expect(told.cases[0]?.finding).to.include({ blame: 'infra' });
    expect(told.cases[0]?.finding?.message).to.match(/^not done within .*, \d+ ms without a connection not counted$/);
  });

  type Call = (call: string, scope: Scope) => Promise<void> | void;

  async function runCases(
    selection: Selection,
    onCall: Call,
  ): Promise<{
    cases: readonly CaseResult[];
    calls: readonly string[];
    log: readonly string[];
    bundles: typeof bundles;
  }> {
    const events: RunEvent[] = [];
    const calls: string[] = [];
    const bundles: { readonly row: string; readonly message: string; readonly before: readonly string[] }[] = [];
    const scope = openScope((event) => events.push(event));
    const call = async (what: string) => {
      calls.push(what);
      await onCall(what, scope);
    };
    const lane = openLane({
      scope,
      host: hostFacts(),
      node: { name: 'node-1', labels: () => ({}), devices: async () => 1000 },
      labelValue: 'true',
      evidence: keepEvidenceIn(artifacts, createRedactor()),
      keepBundle: async (_, { row, finding }) => {
        bundles.push({ row, message: finding.message, before: [...calls] });
        await onCall('bundle', scope);
      },
      makeGuest: (spec, own) => madeUpGuest(spec, own, call),
      bootMs: 1000,
    });
    await suites.run(selection, lane, scope);
    await scope.close();
    const cases = events.flatMap((event) => (event.type === 'case-ended' ? [event.result] : []));
    return { cases, calls, bundles, log: events.flatMap((event) => (event.type === 'log' ? [event.message] : [])) };
  }
});

/** A moment of the connection, as its supervisor tells it. */
function tellConnection(scope: Scope, kind: ConnectionMoment['kind']): void {
  const moment = { at: new Date().toISOString(), kind };
  const record = { description: 'root@node:22', transport: 'ssh2' as const, moments: [moment], cuts: 1, downMs: 0 };
  scope.emit({ type: 'connection', moment, record: { ...record, bytesSent: 0, bytesReceived: 0 } });
}

async function realTime(ms: number): Promise<void> {
  using bound = deadline(ms, undefined, () => new Error('over'));
  await once(bound.signal, 'abort');
}

function madeUpGuest(spec: GuestSpec, scope: Scope, call: (what: string) => Promise<void>): Guest {
  const never = () => Promise.reject(new Error('not asked for here'));
  const once = <T>(work: () => Promise<T>) => {
    let begun: Promise<T> | undefined;
    return () => (begun ??= work());
  };
  const vmi = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: spec.kind, uid: 'u' },
    spec: { domain: {} },
  };
  const created = once(async () => {
    scope.defer(spec.kind, 1000, async () => await call(`delete ${spec.kind}`));
    await call(`create ${spec.kind}`);
    return vmi;
  });
  const running = once(async () => {
    await created();
    await call(`run ${spec.kind}`);
    return vmi;
  });
  return {
    spec,
    name: spec.kind,
    memory: '1Gi',
    created,
    running,
    launcherPod: never,
    domainXml: never,
    kernelLog: never,
    transcript: '',
  };
}
