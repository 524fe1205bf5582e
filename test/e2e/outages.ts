/** What becomes of an outage: found before anything is changed, found in the middle of a run, or out of sight. */
export type Outcome = 'before' | 'mid-run' | 'out of sight';

/** One outage that a SEV lane really had, and what makes the lane live through it again. */
export interface Outage {
  readonly when: string;
  readonly what: string;
  readonly cost: string;
  readonly outcome: Outcome;
  /** The check or the row that names it; of what is out of sight, why. */
  readonly named: string;
  readonly replay?: Replay;
}

/** How it is played again: faults of the simulated host and flags, and the verdict that must come of it. */
export interface Replay {
  readonly faults: readonly object[];
  /** KEY and KNOWN_HOSTS stand for files of the test. */
  readonly flags?: readonly string[];
  readonly verdict: RegExp;
  /** The check that is fatal, where one is. */
  readonly check?: string;
}

/** Outages of KubeVirt's SEV lanes from 2023 to 2026. Source: the history of kubevirt/project-infra. */
export const OUTAGES: readonly Outage[] = [
  {
    when: '2023-02-17 to 02-27',
    what: 'the tunnel died in the middle of runs',
    cost: 'up to 10 days, now and then',
    outcome: 'mid-run',
    named:
      'row `connection` of junit.sevlane.xml, with the time of the loss; unfinished cases are not run, none is red',
    replay: {
      faults: [{ when: { event: 'guest * booting' }, connection: 'cut', forMs: 'forever' }],
      flags: ['--connection-budget', '1s'],
      verdict: /^infra: .*(connection|ssh)/i,
    },
  },
  {
    when: 'until 2024-10-30',
    what: 'the machine was gone, the job red every day, and nobody looked; then there was no lane for 232 days',
    cost: 'months',
    outcome: 'before',
    named: 'check `ssh-connection`, a red row of its own name from the first day',
    replay: {
      faults: [{ connection: 'refuse' }],
      flags: ['--connect-timeout', '20s'],
      verdict: /^infra: connect: /,
      check: 'ssh-connection',
    },
  },
  {
    when: '2025-06-19 to 07-01',
    what: 'the job ran on a machine without SEV',
    cost: '12 days together with the next two',
    outcome: 'before',
    named: 'check `host-sev`, and one red case for SEV: a machine without it cannot pass',
    replay: {
      faults: [{ host: { sev: false, sevEs: false, sevSnp: false } }],
      verdict: /^infra: probe: .*SEV/,
      check: 'host-sev',
    },
  },
  {
    when: '2025-06-19 to 07-01',
    what: '/var/log/audit was missing, which kind mounts into its nodes',
    cost: '',
    outcome: 'out of sight',
    named: "nothing to see: the lane uses the node's own cluster, boots no kind and mounts no path of the host",
  },
  {
    when: '2025-06-19 to 07-01',
    what: "the job's nodeSelector was not met by the AMD node",
    cost: '',
    outcome: 'out of sight',
    named:
      "the job's own pod was never scheduled, so nothing of the lane ran; a lane over SSH runs on any build cluster",
  },
  {
    when: '2025-07-24 to 07-31',
    what: 'names did not resolve in the pod',
    cost: '7 days, flaky',
    outcome: 'before',
    named: 'check `this-dns`, with the name that did not resolve',
    replay: {
      faults: [],
      flags: [
        ...['--provider', 'external', '--ssh', 'root@amd1.invalid', '--ssh-config', 'none', '--ssh-agent', 'none'],
        ...['--ssh-key', 'KEY', '--ssh-known-hosts', 'KNOWN_HOSTS'],
      ],
      verdict: /^infra: open: this-dns: amd1\.invalid: /,
      check: 'this-dns',
    },
  },
  {
    when: '2026-03-25 to 04-01',
    what: 'inotify instances ran out on the host; the error told of a systemd target',
    cost: '7 days',
    outcome: 'before',
    named: 'check `host-inotify`, with limits and use; it warns when few are left',
    replay: {
      faults: [{ files: { '/proc/sys/fs/inotify/max_user_instances': '16\n' } }],
      verdict: /^infra: probe: host-inotify: /,
      check: 'host-inotify',
    },
  },
  {
    when: '2026-04-18 to 04-28',
    what: "the API server's certificate expired",
    cost: '10 days',
    outcome: 'before',
    named: 'check `api-certificate`; it warns in every run of the last 30 days',
    replay: {
      faults: [{ certificate: 'api-server', daysLeft: -0.5 }],
      verdict: /^infra: cluster: api-certificate: expired at /,
      check: 'api-certificate',
    },
  },
  {
    when: '2026-04-29 to 05-06',
    what: "the service account's token in Prow's own kubeconfig expired: jobs in state error, no pod, no log",
    cost: '7 days',
    outcome: 'out of sight',
    named: 'no pod ran, so nothing could look; a lane over SSH does not depend on that token',
  },
  {
    when: '2026-04-29 to 05-06',
    what: "the same with a token in the lane's kubeconfig",
    cost: '',
    outcome: 'before',
    named: 'check `token-expiry`, read offline from the token itself; it warns in the last 30 days',
    replay: {
      faults: [{ kubeconfig: 'token', daysLeft: -0.5 }],
      verdict: /^infra: cluster: token-expiry: expired at /,
      check: 'token-expiry',
    },
  },
  {
    when: '2023-02 to 03',
    what: 'the BIOS left no ASID to SEV-ES: its test was skipped without a word',
    cost: '9 days until a person noticed',
    outcome: 'before',
    named: 'check `host-sev-es`, and one red case where SEV-ES is demanded',
    replay: {
      faults: [{ host: { 'cpu.minSevAsid': 1 } }],
      flags: ['--require', 'sev,sev-es'],
      verdict: /^infra: probe: .*SEV-ES/,
    },
  },
];

const WORDS: Readonly<Record<Outcome, string>> = {
  before: 'before anything is changed',
  'mid-run': 'in mid-run, by name',
  'out of sight': 'not visible from inside the job',
};

/** docs/outages.md. */
export function outagesPage(): string {
  const rows = OUTAGES.map(
    ({ when, what, cost, outcome, named }) => `| ${when} | ${what} | ${cost} | ${WORDS[outcome]} | ${named} |`,
  );
  return [
    '# Outages',
    '',
    "What has kept KubeVirt's SEV lanes from telling anything, from 2023 to 2026, and what this lane makes of it. Each row",
    'that can be played again is played again against the real command by `test/e2e/outages.test.ts`, which also writes',
    'this page.',
    '',
    '| when | what broke | cost | noticed | named by |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
