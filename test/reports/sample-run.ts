import type { RunEvent } from '../../harness/model/events.ts';
import type { Evidence } from '../../harness/model/evidence.ts';
import type { Finding } from '../../harness/model/finding.ts';
import type { CaseResult, PhaseName, PlannedCase } from '../../harness/model/result.ts';
import { PHASES } from '../../harness/model/result.ts';
import { closeRecord, openRecord, record } from '../../reports/record.ts';
import type { RunRecord } from '../../reports/run-record.ts';

const BEGAN = Date.parse('2026-03-04T05:06:07.000Z');

/** The time `seconds` after the run began. */
export function at(seconds: number): string {
  return new Date(BEGAN + seconds * 1000).toISOString();
}

export const PLAN: readonly PlannedCase[] = (['sev', 'sev-es', 'sev-snp'] as const).flatMap((guest) => [
  {
    title: `[sig-compute] ${guest} guest: it runs`,
    suite: 'memory encryption',
    labels: ['SEV'],
    guest,
    isProof: false,
  },
  {
    title: `[sig-compute] ${guest} guest: its kernel`,
    suite: 'memory encryption',
    labels: ['SEV'],
    guest,
    isProof: true,
  },
]);

export const EVIDENCE: Evidence = {
  file: 'evidence/sev/dmesg.txt',
  mediaType: 'text/plain',
  proves: 'features the guest kernel switched on',
  sizeBytes: 6,
  sha256: 'a'.repeat(64),
};

/** A finding of the wished blame. */
export function finding(blame: Finding['blame'], message: string, where = 'run'): Finding {
  return { blame, where, message, hint: `do something about ${blame}`, causes: ['the cause below'] };
}

/** The planned case of this title as it ended. */
export function ended(planned: PlannedCase | undefined, result: Partial<CaseResult> = {}): RunEvent {
  if (planned === undefined) throw new Error('no such case');
  return {
    type: 'case-ended',
    at: at(30),
    result: { ...planned, outcome: 'passed', ms: 1234, evidence: [EVIDENCE], ...result },
  };
}

/** What was kept of a failed row. */
export function bundleOf(of: 'case' | 'phase', row = ''): RunEvent {
  return { type: 'bundle', at: at(30), of, row, folder: `bundles/${of}-x`, files: 3, notRead: 1, ms: 40 };
}

export function phaseStarted(phase: PhaseName): RunEvent {
  return { type: 'phase-started', at: at(PHASES.indexOf(phase)), phase, budgetMs: 60_000 };
}

export function phaseEnded(name: PhaseName, failure?: Finding): RunEvent {
  const outcome = failure === undefined ? 'passed' : failure.blame === 'product' ? 'failed' : 'errored';
  const result = { name, outcome, ms: 500, ...(failure === undefined ? {} : { finding: failure }) } as const;
  return { type: 'phase-ended', at: at(PHASES.indexOf(name) + 0.5), result };
}

/** The phases up to and including this one, all passed. */
export function through(last: PhaseName): readonly RunEvent[] {
  return PHASES.slice(0, PHASES.indexOf(last) + 1).flatMap((name) => [phaseStarted(name), phaseEnded(name)]);
}

export const DEMANDS: RunEvent = {
  type: 'demands',
  at: at(3),
  demanded: ['sev', 'sev-es'],
  notDemanded: [{ technology: 'sev-snp', reason: 'the host cannot: /sys/module/kvm_amd/parameters/sev_snp=N' }],
};

export const PLANNED: RunEvent = { type: 'plan', at: at(3), cases: PLAN.slice(0, 4) };

export const SUBJECT: RunEvent = {
  type: 'subject',
  at: at(3),
  subject: { node: 'root@node.example:22', kubernetes: 'v1.32.3', kubevirt: 'v1.9.0' },
};

/** All events of a green run up to the suites' end, undo included. */
export const GREEN: readonly RunEvent[] = [
  ...through('kubevirt'),
  SUBJECT,
  DEMANDS,
  PLANNED,
  phaseStarted('suites'),
  ...PLAN.slice(0, 4).flatMap((planned): readonly RunEvent[] => [
    { type: 'case-started', at: at(20), title: planned.title },
    ended(planned),
  ]),
  phaseEnded('suites'),
  phaseStarted('undo'),
  phaseEnded('undo'),
];

/** A run with every kind of event in it. */
export const EVENTS: readonly RunEvent[] = [
  { type: 'run-started', at: at(0), runId: 'r1', provider: 'external', simulated: false, artifacts: '/a' },
  ...GREEN,
  { type: 'waiting', at: at(31), goal: 'virt-operator ready', saw: '3/5 pods', forMs: 5000, withinMs: 60_000 },
  {
    type: 'traces',
    at: at(31),
    traces: {
      isCompared: true,
      notCompared: ['host: not read'],
      differences: [{ how: 'changed', what: 'nodes "n"', fields: ['label a removed'], whose: "others'" }],
      howToLook: ['sevlane tunnel'],
      forced: ['finalizer f of kubevirts "a/b"'],
      left: ['kubevirts "a/b"'],
      leftBecause: 'no time was left',
    },
  },
  bundleOf('case', PLAN[1]?.title),
  { type: 'log', at: at(31), level: 'info', message: 'lease taken', facts: { seconds: 3 } },
  {
    type: 'check',
    at: at(31),
    result: {
      id: 'host-inotify',
      group: 'host',
      title: 'inotify has instances left',
      verdict: 'warning',
      read: 'max_user_instances=128',
      from: '/proc/sys/fs/inotify/max_user_instances on the node',
      expected: 'at least 512',
      why: 'kubelet and kind stop following files',
      action: 'sysctl -w fs.inotify.max_user_instances=512',
    },
  },
  {
    type: 'capabilities',
    at: at(31),
    contract: {
      technologies: {
        sev: { technology: 'sev', given: 'yes', reason: 'kvm_amd sev=Y', guestsAtOnce: 410 },
        'sev-es': { technology: 'sev-es', given: 'no', reason: 'no ASID is left for it' },
        'sev-snp': { technology: 'sev-snp', given: 'unknown', reason: 'the host was not read' },
      },
      changes: [],
    },
  },
  {
    type: 'connection',
    at: at(31),
    moment: { at: at(31), kind: 'reconnected', saw: 'the server ended it', ms: 900, roundTripMs: 1 },
    record: {
      description: 'root@node:22',
      transport: 'ssh2',
      moments: [{ at: at(1), kind: 'connected', roundTripMs: 1 }],
      cuts: 1,
      downMs: 900,
      roundTripMs: { median: 1, worst: 2 },
      bytesSent: 10,
      bytesReceived: 20,
    },
  },
  { type: 'trouble', at: at(32), finding: finding('infra', 'lease not given back', 'undo lease') },
  {
    type: 'known-causes',
    at: at(32),
    where: 'undo lease',
    causes: [
      {
        id: 'etcd-trouble',
        cause: 'etcd is too slow or full',
        action: 'look at its disk',
        source: 'etcd',
        line: 'etcdserver: request timed out',
        from: 'bundles/undo/events.txt',
      },
    ],
  },
  { type: 'ending', at: at(33), finding: finding('interrupted', 'stopped by SIGTERM'), signal: 'SIGTERM' },
  { type: 'run-ended', at: at(34), verdict: 'passed: x', exitCode: 0, artifacts: '/a' },
];

/** The record of these events; the run goes on. */
export function recordOf(events: readonly RunEvent[], simulated = false): RunRecord {
  const opening = {
    runId: 'r1',
    startedAt: at(0),
    provider: simulated ? 'toy' : 'external',
    simulated,
    settings: { seed: '1' },
  };
  return events.reduce(record, openRecord(opening));
}

/** The record of these events after the end of the run. */
export function closedRecordOf(events: readonly RunEvent[], simulated = false): RunRecord {
  return closeRecord(recordOf(events, simulated), at(40));
}
