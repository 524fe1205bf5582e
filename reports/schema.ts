import { z } from 'zod';
import type { RunEvent } from '../harness/model/events.ts';
import type { Report } from '../harness/model/report.ts';

const blame = z.enum(['usage', 'product', 'interrupted', 'infra', 'internal']);
const outcome = z.enum(['passed', 'failed', 'errored', 'skipped', 'not-run']);
const technology = z.enum(['sev', 'sev-es', 'sev-snp']);
const phaseName = z.enum(['settings', 'open', 'connect', 'probe', 'cluster', 'lease', 'kubevirt', 'suites', 'undo']);
const at = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .describe('when, in UTC');
const ms = z.number().min(0).describe('milliseconds');

const knownCause = z.strictObject({
  id: z.string().describe('constant over releases'),
  cause: z.string(),
  action: z.string(),
  source: z.string(),
  line: z.string().describe('where it was read, shortened'),
  from: z.string().describe('message, or the file in which it stands'),
});

const finding = z.strictObject({
  blame: blame.describe('product: KubeVirt or a guest; infra: node, network or cluster; internal: a bug of sevlane'),
  where: z.string().describe('the phase or case in which it was noticed'),
  message: z.string().describe('what was attempted, on what, and what was seen'),
  hint: z.string().optional().describe('one action that may help'),
  causes: z.array(z.string()).describe('messages of the underlying errors, outermost first'),
  knownCauses: z.array(knownCause).optional().describe('they explain the finding and decide nothing'),
  stack: z.string().optional(),
});

const evidence = z.strictObject({
  file: z.string().describe('relative to the artifacts folder'),
  mediaType: z.string(),
  proves: z.string(),
  sizeBytes: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const plannedCase = z.strictObject({
  title: z.string().describe('unique and constant over runs'),
  suite: z.string(),
  labels: z.array(z.string()),
  isProof: z.boolean(),
  guest: z.string().describe('the kind of guest that the case looks at'),
});

const bundle = z
  .string()
  .optional()
  .describe('folder with what was around the failure, relative to the artifacts folder');

const caseResult = plannedCase.extend({
  outcome,
  ms,
  finding: finding.optional(),
  reason: z.string().optional().describe('why it did not run'),
  evidence: z.array(evidence),
  bundle,
});

const phaseResult = z.strictObject({
  name: phaseName,
  outcome,
  ms,
  finding: finding.optional(),
  reason: z.string().optional(),
  bundle,
});

const hostSupport = z.strictObject({
  technology,
  given: z.enum(['yes', 'no', 'unknown']).describe('unknown: what would decide it could not be read'),
  supported: z.boolean().describe('given, or switched on with only a doubt left'),
  cause: z.enum([
    'given',
    'silicon',
    'virtual',
    'bios',
    'iommu',
    'kernel',
    'asids',
    'firmware',
    'device',
    'switched-off',
    'unread',
  ]),
  readFrom: z.string(),
  slots: z.number().optional(),
});

const subject = z.strictObject({
  provider: z.string(),
  simulated: z.boolean().describe('true: no hardware was involved'),
  node: z.string().optional(),
  kubernetes: z.string().optional(),
  kubevirt: z.string().optional(),
  kubevirtManifests: z
    .array(z.strictObject({ place: z.string(), sha256: z.string() }))
    .readonly()
    .optional()
    .describe('the manifests that were installed'),
  host: z
    .strictObject({
      hostname: z.string(),
      cpuModel: z.string(),
      cpuFamily: z.number(),
      cpuModelNumber: z.number(),
      microcode: z.string(),
      kernel: z.string(),
      os: z.string(),
      memoryBytes: z.number(),
      firmware: z.string().optional(),
      virtualization: z.string().optional().describe('none: bare metal'),
      cgroup: z.enum(['v1', 'v2', 'hybrid']).optional(),
      hidingAsids: z.number().optional().describe('ASIDs that ciphertext hiding keeps for SEV-SNP'),
      support: z.strictObject({ sev: hostSupport, 'sev-es': hostSupport, 'sev-snp': hostSupport }),
    })
    .optional(),
  fencing: z
    .strictObject({
      by: z.enum(['client', 'client and server']),
      why: z.string().describe('how the server does it, or why it does not'),
    })
    .optional()
    .describe('who keeps the run from writing once its lease is lost; absent until the lease was taken'),
});

const notDemanded = z.strictObject({ technology, reason: z.string() });

const checkResult = z.strictObject({
  id: z.string(),
  group: z.enum(['this side', 'host', 'cluster', 'lane']),
  title: z.string().describe('constant over runs'),
  verdict: z
    .enum(['ok', 'note', 'warning', 'fatal', 'unread'])
    .describe('fatal: the lane cannot run; unread: it could not be found out, which is not ok'),
  read: z.string().describe('what was read, or why it could not be'),
  from: z.string().describe('where it was read'),
  expected: z.string(),
  why: z.string().describe('why it matters'),
  action: z.string().optional(),
});

const capability = z.strictObject({
  technology,
  given: z.enum(['yes', 'no', 'unknown']),
  reason: z.string(),
  guestsAtOnce: z.number().optional().describe('how many the ASIDs allow; absent where the host does not tell'),
});

const capabilities = z.strictObject({
  technologies: z.strictObject({ sev: capability, 'sev-es': capability, 'sev-snp': capability }),
  changes: z.array(z.string()).describe('expectations that differ on this node, each with its reason'),
});

const moment = z.strictObject({
  at: z.string(),
  kind: z.enum(['connected', 'cut', 'reconnected', 'lost', 'closed', 'slow', 'measured']),
  saw: z.string().optional(),
  ms: ms.optional(),
  roundTripMs: ms.optional(),
});

const connection = z.strictObject({
  description: z.string(),
  transport: z.enum(['ssh2', 'openssh']),
  moments: z.array(moment),
  cuts: z.number(),
  downMs: ms.describe('without a connection, all cuts together'),
  roundTripMs: z.strictObject({ median: ms, worst: ms }).optional(),
  bytesSent: z.number(),
  bytesReceived: z.number(),
});

const traces = z.strictObject({
  isCompared: z.boolean().describe('the cluster was looked at before and after, and compared'),
  notCompared: z.array(z.string()).describe('what was not compared, and why'),
  differences: z.array(
    z.strictObject({
      how: z.enum(['added', 'removed', 'changed']),
      what: z.string().describe('e.g. configmaps "default/settings"'),
      fields: z.array(z.string()).describe('of a change: which fields, and how; never what a Secret holds'),
      whose: z
        .enum(['ours', "KubeVirt's", "others'"])
        .describe("ours: a leftover, which makes the run red; KubeVirt's: it leaves that on a host by design"),
    }),
  ),
  forced: z.array(z.string()).describe('finalizers that were taken off by force'),
  left: z.array(z.string()).describe('left in the cluster knowingly, and marked for the next sweep'),
  howToLook: z.array(z.string()).describe('commands that lead to what was left for people'),
  leftBecause: z.string().optional(),
});

/** report.json. */
export const reportSchema = z.strictObject({
  schema: z.literal('sevlane.report/v1'),
  runId: z.string(),
  startedAt: at,
  endedAt: at.optional().describe('absent while the run has not ended'),
  exitCode: z.number().int(),
  verdict: z.string().regex(/^(passed|product|infra|interrupted|usage|sevlane bug): /),
  hint: z.string().optional(),
  subject,
  demanded: z.array(technology),
  notDemanded: z.array(notDemanded),
  phases: z.array(phaseResult).describe('all nine, in order'),
  checks: z.array(checkResult).describe("the doctor's, in the order of their groups"),
  capabilities: capabilities.optional().describe('absent until the host was read'),
  connection: connection.optional().describe('the connection to the node; absent until there was one'),
  connectionRow: z.strictObject({
    name: z.literal('connection'),
    outcome,
    ms,
    finding: finding.optional(),
    reason: z.string().optional(),
    bundle,
  }),
  run: z.strictObject({
    name: z.literal('run'),
    outcome,
    ms,
    finding: finding.optional(),
    reason: z.string().optional(),
    bundle,
  }),
  cases: z.array(caseResult),
  notUndone: z.array(z.string()).describe('still on the node, for the next run to sweep'),
  traces: traces.optional().describe('what the run left; absent until the cluster was looked at'),
  findings: z.array(finding).describe('worst blame first'),
  settings: z.record(z.string(), z.string()).describe('secrets masked'),
});

/** One line of `--json`. */
export const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run-started'),
    at,
    runId: z.string(),
    provider: z.string(),
    simulated: z.boolean(),
    artifacts: z.string(),
  }),
  z.strictObject({ type: z.literal('phase-started'), at, phase: phaseName, budgetMs: ms }),
  z.strictObject({ type: z.literal('phase-ended'), at, result: phaseResult }),
  z.strictObject({ type: z.literal('subject'), at, subject: subject.partial() }),
  z.strictObject({
    type: z.literal('demands'),
    at,
    demanded: z.array(technology),
    notDemanded: z.array(notDemanded),
  }),
  z.strictObject({ type: z.literal('check'), at, result: checkResult }),
  z.strictObject({ type: z.literal('capabilities'), at, contract: capabilities }),
  z.strictObject({ type: z.literal('connection'), at, moment, record: connection }),
  z.strictObject({ type: z.literal('plan'), at, cases: z.array(plannedCase) }),
  z.strictObject({ type: z.literal('case-started'), at, title: z.string() }),
  z.strictObject({ type: z.literal('case-ended'), at, result: caseResult }),
  z.strictObject({
    type: z.literal('bundle'),
    at,
    of: z.enum(['case', 'phase']),
    row: z.string().describe('title of the case or name of the phase'),
    folder: z.string().describe('relative to the artifacts folder'),
    files: z.number(),
    notRead: z.number().describe('what belongs into it and could not be read'),
    ms,
  }),
  z.strictObject({
    type: z.literal('ending'),
    at,
    finding,
    signal: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP']).optional(),
  }),
  z.strictObject({ type: z.literal('trouble'), at, finding }),
  z.strictObject({ type: z.literal('known-causes'), at, where: z.string(), causes: z.array(knownCause) }),
  z.strictObject({ type: z.literal('traces'), at, traces: traces.partial() }),
  z.strictObject({ type: z.literal('waiting'), at, goal: z.string(), saw: z.string(), forMs: ms, withinMs: ms }),
  z.strictObject({
    type: z.literal('log'),
    at,
    level: z.enum(['info', 'detail']),
    message: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.strictObject({
    type: z.literal('run-ended'),
    at,
    verdict: z.string(),
    exitCode: z.number().int(),
    artifacts: z.string(),
  }),
]);

/** The texts of reports/report.schema.json and reports/events.schema.json; a test keeps the files fresh. */
export function schemaFiles(): Readonly<Record<string, string>> {
  const text = (schema: z.ZodType, title: string) =>
    `${JSON.stringify({ title, ...z.toJSONSchema(schema) }, undefined, 2)}\n`;
  return {
    'report.schema.json': text(reportSchema, 'report.json of sevlane'),
    'events.schema.json': text(eventSchema, 'one line of sevlane run --json'),
  };
}

// The schemas and the model's types describe the same thing: the build breaks when one of them moves alone.
type Shape<T> = T extends readonly (infer Item)[]
  ? readonly Shape<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Shape<Exclude<T[Key], undefined>> }
    : T;
type IsSame<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const areSame: [
  IsSame<Shape<z.infer<typeof reportSchema>>, Shape<Report>>,
  IsSame<Shape<z.infer<typeof eventSchema>>, Shape<RunEvent>>,
] = [true, true];
void areSame;
