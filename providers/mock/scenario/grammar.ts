import { z } from 'zod';
import { HOST_FIELDS } from './host-fields.ts';

/**
 * The grammar of scenarios; docs/scenarios.md explains it. A fault has one subject (host, files, guest, api, connection
 * or controller), what happens to it, and when; or it stands from the beginning (certificate, kubeconfig, objects or
 * kubevirt).
 */
const When = z.union([
  z.literal('at once'),
  z
    .strictObject({
      event: z
        .string()
        .min(1)
        .optional()
        .describe('Wait for an event of the simulated host; * stands for anything, e.g. "vmi * Running".'),
      nth: z
        .int()
        .min(1)
        .optional()
        .describe('The nth event; without an event: the nth matching request or connection.'),
      afterMs: z.int().min(0).optional().describe('So long after the event, or after the start. Simulated time.'),
      chance: z.number().gt(0).max(1).optional().describe('Strike with this probability, drawn from the seed.'),
    })
    .refine((when) => Object.keys(when).length > 0, { error: 'is empty: say event, nth, afterMs or chance' }),
]);

const when = When.optional().describe('What sets the fault off; at once when left out.');
const times = z.int().min(1).optional().describe('How often it strikes; without it: every time.');
const forMs = z
  .union([z.int().min(1), z.literal('forever')])
  .optional()
  .describe('How long, in milliseconds of the wall clock, or forever.');
const afterBytes = z.int().min(0).optional().describe('Only when so many more bytes have passed.');
const pattern = z.string().min(1).describe('* stands for anything.');
const onePattern = z.union([pattern, z.array(pattern).min(1)]).optional();
const Encryption = z.enum(['none', 'sev', 'sev-es', 'sev-snp']);

const HostFault = z.strictObject({
  when,
  host: z.strictObject(HOST_FIELDS).describe('Fields of the host profile, by path, that differ.'),
});

const FilesFault = z.strictObject({
  when,
  files: z
    .record(
      z.string().regex(/^\/./, { error: 'is no absolute path' }),
      z.union([z.string(), z.null()]).describe('Content, or null for absent.'),
    )
    .describe('Files of the host that differ, by absolute path.'),
});

const GuestFault = z.strictObject({
  when,
  guest: z.enum(['sev', 'sev-es', 'sev-snp', 'plain', 'all']).describe('Guests that ask for this.'),
  really: Encryption.optional().describe('What the silicon does to their memory; log and XML follow unless they lie.'),
  kernelClaims: Encryption.optional().describe('What their kernel log says.'),
  xmlClaims: Encryption.optional().describe('What their live domain XML says.'),
  console: z.enum(['silent', 'no-login', 'garbage', 'panic']).optional().describe('What the serial console does.'),
  stuckIn: z.enum(['Pending', 'Scheduling', 'Scheduled']).optional().describe('The phase in which they stay.'),
  bootMs: z.int().min(0).optional().describe('How long the guest boots. Simulated time.'),
});

const apiCommon = {
  when,
  times,
  api: z
    .strictObject({
      verb: onePattern,
      group: onePattern,
      resource: onePattern,
      subresource: onePattern,
      namespace: onePattern,
      name: onePattern,
      username: onePattern,
      userAgent: onePattern.describe('As the request names its program; that of sevlane has the id of the run in it.'),
    })
    .describe('Which requests; what is not named is not looked at.'),
};

const ApiFaultRow = z.discriminatedUnion('answer', [
  z.strictObject({
    ...apiCommon,
    answer: z.literal('status').describe('This status in place of the real answer.'),
    status: z.int().min(400).max(599),
    reason: z.string().optional().describe('The reason in the Status body, e.g. ServiceUnavailable.'),
    message: z.string().optional(),
    retryAfterSeconds: z.int().min(0).optional(),
  }),
  z.strictObject({
    ...apiCommon,
    answer: z.literal('delay').describe('The real answer, late.'),
    ms: z.int().min(1).describe('Milliseconds of the wall clock.'),
  }),
  z.strictObject({
    ...apiCommon,
    answer: z.literal('cut').describe('The connection breaks: at once, or in the body.'),
    afterBytes,
  }),
  z.strictObject({
    ...apiCommon,
    answer: z.literal('stale').describe('A read is answered from an older state.'),
    byVersions: z.int().min(1),
  }),
  z.strictObject({
    ...apiCommon,
    answer: z.literal('throttled').describe('429 with Retry-After.'),
    retryAfterSeconds: z.int().min(0).optional().describe('Default 1.'),
  }),
  z.strictObject({
    ...apiCommon,
    answer: z
      .literal('hold')
      .describe('The request stands still until it is released, its time is over or its connection dies.'),
    side: z
      .enum(['before', 'after'])
      .describe(
        'Before it takes effect, or after that and before the answer. One that dies before never takes effect.',
      ),
    forMs,
  }),
  z.strictObject({ ...apiCommon, answer: z.literal('expired').describe('A watch ends with 410 Gone.') }),
]);

const ConnectionFaultRow = z.discriminatedUnion('connection', [
  z.strictObject({ when, times, connection: z.literal('refuse').describe('Nobody listens.'), forMs }),
  z.strictObject({ when, times, connection: z.literal('wrong-key').describe('Another host key is presented.') }),
  z.strictObject({
    when,
    times,
    connection: z.literal('cut').describe('The connection breaks; with forMs nobody listens so long afterwards.'),
    afterBytes,
    forMs,
  }),
  z.strictObject({
    when,
    times,
    connection: z.literal('freeze').describe('The connection stays open and nothing moves any more.'),
    afterBytes,
    forMs,
  }),
]);

const ControllerFault = z.strictObject({
  when,
  controller: pattern.describe('Name of the controller, e.g. virt-operator; * stands for anything.'),
  version: pattern
    .optional()
    .describe('Only programs whose image has this tag, e.g. v1.9.0: of two releases one can misbehave.'),
  behaviour: z.enum(['never-ready', 'crash-loop', 'absent', 'image-pull-fails']).optional(),
  delayMs: z.int().min(0).optional().describe('Each of its steps comes so much later. Simulated time.'),
  nodeLabels: z
    .record(z.string().min(1), z.union([z.string(), z.null()]))
    .optional()
    .describe('Node labels written in place of the right ones; null leaves a label out.'),
});

const CertificateFault = z.strictObject({
  certificate: z.enum(['cluster-ca', 'api-server', 'kubelet']).describe("Which of the cluster's certificates."),
  daysLeft: z.number().describe('Days until it ends; below 0 it has ended.'),
});

const KubeconfigFault = z.strictObject({
  kubeconfig: z
    .enum(['certificate', 'token'])
    .describe('What the kubeconfig proves its user with: a client certificate, or the token of a service account.'),
  daysLeft: z.number().optional().describe('Days until that ends; below 0 it has ended.'),
  user: z.string().min(1).optional().describe('Whom the client certificate names, in place of kubernetes-admin.'),
  groups: z.array(z.string().min(1)).optional().describe('Groups of that user; none when left out.'),
});

const ObjectsFault = z.strictObject({
  objects: z
    .array(
      z.looseObject({
        apiVersion: z.string().min(1),
        kind: z.string().min(1),
        metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().min(1).optional() }),
      }),
    )
    .min(1)
    .describe('Objects that somebody has applied to the cluster before the lane comes; NODE stands for the node.'),
  thenDeleted: z
    .boolean()
    .optional()
    .describe('They were deleted again before the lane comes, the last first: what a finalizer holds is still going.'),
});

const ManifestFault = z.strictObject({
  manifest: z
    .string()
    .regex(/^v\d+\.\d+\.\d+$/, { error: 'is no version such as v1.8.4' })
    .describe("The release whose operator manifest in the host's mirror is not what it should be."),
  is: z.enum(['an error page', 'truncated', 'another version', 'missing']).describe('What lies there in its place.'),
});

const KubevirtFault = z.strictObject({
  kubevirt: z
    .string()
    .regex(/^v\d+\.\d+\.\d+$/, { error: 'is no version such as v1.8.4' })
    .describe('A KubeVirt that somebody else has installed before the lane comes.'),
});

/** What all variants of a fault have in common. */
export const COMMON = {
  api: z.object(apiCommon),
  connection: z.object({ when, times }),
} as const;

/** The schema of a fault by the field that names its subject. */
export const FAULTS = {
  host: HostFault,
  files: FilesFault,
  guest: GuestFault,
  api: ApiFaultRow,
  connection: ConnectionFaultRow,
  controller: ControllerFault,
  certificate: CertificateFault,
  kubeconfig: KubeconfigFault,
  objects: ObjectsFault,
  kubevirt: KubevirtFault,
  manifest: ManifestFault,
} as const;

const Expect = z.strictObject({
  exit: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  blame: z.enum(['none', 'usage', 'product', 'interrupted', 'internal', 'infra']),
  verdict: z
    .string()
    .min(1)
    .refine(isRegExp, { error: 'is no regular expression' })
    .describe('Regular expression that the verdict line matches.'),
  checks: z
    .record(z.string(), z.string().refine(isRegExp, { error: 'is no regular expression' }))
    .optional()
    .describe("Checks of the doctor by id: a regular expression that 'verdict: what was read' matches."),
  with: z
    .record(z.string(), z.string())
    .optional()
    .describe('Settings that the expectation supposes, e.g. require: sev-snp.'),
});

/** A whole scenario file. */
export const ScenarioFile = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: 'is not in lower case letters, digits and dashes' }),
  description: z.string().min(1).describe('What happens, in a sentence or two.'),
  expect: Expect.optional().describe('The verdict that a run must come to.'),
  faults: z.array(z.union(Object.values(FAULTS))).describe('What goes wrong; empty means nothing does.'),
});

export type When = z.infer<typeof When>;
export type HostFault = z.infer<typeof HostFault>;
export type FilesFault = z.infer<typeof FilesFault>;
export type GuestFault = z.infer<typeof GuestFault>;
export type ApiFaultRow = z.infer<typeof ApiFaultRow>;
export type ConnectionFaultRow = z.infer<typeof ConnectionFaultRow>;
export type ControllerFault = z.infer<typeof ControllerFault>;
export type CertificateFault = z.infer<typeof CertificateFault>;
export type KubeconfigFault = z.infer<typeof KubeconfigFault>;
export type ObjectsFault = z.infer<typeof ObjectsFault>;
export type KubevirtFault = z.infer<typeof KubevirtFault>;
export type ManifestFault = z.infer<typeof ManifestFault>;
/** Faults that happen at their time. */
export type TimedFault = HostFault | FilesFault | GuestFault | ApiFaultRow | ConnectionFaultRow | ControllerFault;
/** What is so from the beginning, before the lane comes. */
export type StandingFault = CertificateFault | KubeconfigFault | ObjectsFault | KubevirtFault | ManifestFault;
export type Fault = TimedFault | StandingFault;

/** A scenario as read: who misbehaves, how and when, and what a run must make of it. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly expect?: Readonly<z.infer<typeof Expect>> | undefined;
  readonly faults: readonly Fault[];
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
