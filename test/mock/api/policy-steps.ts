/** One request, and what both a real API server and the simulated one answer. */
export interface PolicyStep {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Asked again until the status is the expected one: a new policy or parameter has just been written. */
  readonly settles?: boolean;
  readonly answer: {
    readonly status: number;
    readonly reason?: string;
    /** Absent where the wording is each server's own. */
    readonly message?: string;
    readonly warnings?: readonly string[];
  };
}

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';

interface Rules {
  readonly name: string;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly binding?: Readonly<Record<string, unknown>>;
}

/** A policy over configmaps of the label `judge=<name>`, so that the steps do not meet one another's. */
function rules({ name, policy, binding }: Rules): readonly PolicyStep[] {
  const spec = {
    matchConstraints: {
      objectSelector: { matchLabels: { judge: name } },
      resourceRules: [
        { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      ],
    },
    ...policy,
  };
  return [
    created(`${GROUP}/validatingadmissionpolicies`, 'ValidatingAdmissionPolicy', { metadata: { name }, spec }),
    created(`${GROUP}/validatingadmissionpolicybindings`, 'ValidatingAdmissionPolicyBinding', {
      metadata: { name: `${name}-here` },
      spec: { policyName: name, validationActions: ['Deny'], ...binding },
    }),
  ];
}

interface Named {
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

function created(path: string, kind: string, body: Named): PolicyStep {
  const title = `takes the ${kind} ${body.metadata.name}`;
  return {
    title,
    method: 'POST',
    path,
    body: { apiVersion: apiVersionOf(path), kind, ...body },
    answer: { status: 201 },
  };
}

function apiVersionOf(path: string): string {
  return path.startsWith('/apis/') ? path.split('/').slice(2, 4).join('/') : 'v1';
}

interface Wanted {
  readonly judge: string;
  readonly name?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly manager?: string;
}

function creating(
  title: string,
  { judge, name = 'a', data = {}, manager = 'judge' }: Wanted,
): Omit<PolicyStep, 'answer'> {
  const metadata = { name, labels: { judge } };
  return {
    title,
    method: 'POST',
    path: `${CONFIGMAPS}?dryRun=All&fieldManager=${manager}`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
  };
}

function refused(policy: string, why: string, reason = 'Invalid', name = 'a') {
  const message = `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${policy}-here' denied request: ${why}`;
  return { status: reason === 'Forbidden' ? 403 : 422, reason, message };
}

const PARAMS = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } };

/** In this order, on a server that knows no policy yet. */
export const POLICY_STEPS: readonly PolicyStep[] = [
  // What a policy says when it refuses.
  ...rules({
    name: 'words',
    policy: {
      variables: [
        { name: 'size', expression: 'size(object.?data.orValue({}))' },
        { name: 'twice', expression: 'variables.size * 2' },
      ],
      matchConditions: [{ name: 'writes', expression: "request.operation != 'DELETE'" }],
      validations: [
        { expression: 'variables.size < 2', messageExpression: "'holds ' + string(variables.size) + ' of 1'" },
        { expression: "object.metadata.name != 'named'", message: ' not by that name ' },
        { expression: "object.metadata.name != 'plain'" },
        { expression: "object.metadata.name != 'mine'", message: 'not yours', reason: 'Forbidden' },
        { expression: "object.metadata.name != 'lines'", messageExpression: "'one\\ntwo'", message: 'fell back' },
        { expression: 'variables.twice < 100' },
      ],
    },
  }),
  {
    ...creating('refuses in the words of its messageExpression', { judge: 'words', data: { a: '1', b: '2' } }),
    settles: true,
    answer: refused('words', 'holds 2 of 1'),
  },
  {
    ...creating('refuses in the words of its message', { judge: 'words', name: 'named' }),
    answer: refused('words', 'not by that name', 'Invalid', 'named'),
  },
  {
    ...creating('names the expression when it has no words', { judge: 'words', name: 'plain' }),
    answer: refused('words', "failed expression: object.metadata.name != 'plain'", 'Invalid', 'plain'),
  },
  {
    ...creating('refuses with the reason of its choice', { judge: 'words', name: 'mine' }),
    answer: refused('words', 'not yours', 'Forbidden', 'mine'),
  },
  {
    ...creating('takes no message of several lines', { judge: 'words', name: 'lines' }),
    answer: refused('words', 'fell back', 'Invalid', 'lines'),
  },
  { ...creating('lets pass what keeps its rules', { judge: 'words', data: { a: '1' } }), answer: { status: 201 } },
  { ...creating('does not see what has other labels', { judge: 'other', name: 'named' }), answer: { status: 201 } },

  // Who asks, and how.
  ...rules({
    name: 'manager',
    policy: {
      matchConditions: [
        {
          name: 'ours',
          expression: "has(request.options.fieldManager) && request.options.fieldManager == 'judge'",
        },
      ],
      validations: [{ expression: 'false', message: 'by judge' }],
    },
  }),
  {
    ...creating('holds where its conditions match', { judge: 'manager' }),
    settles: true,
    answer: refused('manager', 'by judge'),
  },
  {
    ...creating('does not hold where a condition does not match', { judge: 'manager', manager: 'kubectl' }),
    answer: { status: 201 },
  },

  // What cannot be evaluated.
  ...rules({ name: 'broken', policy: { validations: [{ expression: "object.data.nope == 'x'" }] } }),
  {
    ...creating('refuses what it cannot evaluate', { judge: 'broken', data: { a: '1' } }),
    settles: true,
    answer: refused('broken', "expression 'object.data.nope == 'x'' resulted in error: no such key: nope"),
  },
  ...rules({
    name: 'lenient',
    policy: {
      failurePolicy: 'Ignore',
      validations: [{ expression: "object.data.nope == 'x'" }, { expression: "object.metadata.name != 'plain'" }],
    },
  }),
  {
    ...creating('still refuses what it can evaluate when failures are ignored', { judge: 'lenient', name: 'plain' }),
    settles: true,
    answer: refused('lenient', "failed expression: object.metadata.name != 'plain'", 'Invalid', 'plain'),
  },
  {
    ...creating('lets pass what it cannot evaluate when failures are ignored', { judge: 'lenient' }),
    answer: { status: 201 },
  },

  // Warnings.
  ...rules({
    name: 'warner',
    policy: { validations: [{ expression: 'false', message: 'better not' }] },
    binding: { validationActions: ['Warn'] },
  }),
  {
    ...creating('warns', { judge: 'warner' }),
    settles: true,
    answer: {
      status: 201,
      warnings: [
        `299 - "Validation failed for ValidatingAdmissionPolicy 'warner' with binding 'warner-here': better not"`,
      ],
    },
  },

  // Parameters.
  ...rules({
    name: 'strict',
    policy: {
      ...PARAMS,
      matchConditions: [{ name: 'never', expression: 'false' }],
      validations: [{ expression: 'true' }],
    },
    binding: { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } },
  }),
  {
    ...creating('refuses everybody, whatever its conditions, when the parameter is absent', { judge: 'strict' }),
    settles: true,
    answer: refused(
      'strict',
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    ),
  },
  ...rules({
    name: 'limited',
    policy: {
      ...PARAMS,
      validations: [{ expression: 'size(object.data) <= int(params.data.most)', message: 'too many' }],
    },
    binding: { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Allow' } },
  }),
  {
    ...creating('lets pass when the parameter is absent and that is allowed', { judge: 'limited', data: { a: '1' } }),
    answer: { status: 201 },
  },
  {
    title: 'takes the parameter',
    method: 'POST',
    path: CONFIGMAPS,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'limits' }, data: { most: '0' } },
    answer: { status: 201 },
  },
  {
    ...creating('judges by its parameter', { judge: 'limited', data: { a: '1' } }),
    settles: true,
    answer: refused('limited', 'too many'),
  },
  {
    title: 'takes the parameter in another form',
    method: 'PATCH',
    path: `${CONFIGMAPS}/limits`,
    contentType: 'application/merge-patch+json',
    body: { data: { most: '1' } },
    answer: { status: 200 },
  },
  {
    ...creating('judges by what its parameter says now', { judge: 'limited', data: { a: '1' } }),
    settles: true,
    answer: { status: 201 },
  },

  // What no server takes.
  {
    title: 'refuses a policy without constraints and rules',
    method: 'POST',
    path: `${GROUP}/validatingadmissionpolicies`,
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'empty' },
      spec: {},
    },
    answer: {
      status: 422,
      reason: 'Invalid',
      message:
        'ValidatingAdmissionPolicy.admissionregistration.k8s.io "empty" is invalid: [spec.matchConstraints: Required value, spec.validations: Required value: validations or auditAnnotations must contain at least one item, spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]',
    },
  },
  {
    title: 'refuses a binding without a parameter and with an action too many',
    method: 'POST',
    path: `${GROUP}/validatingadmissionpolicybindings`,
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'empty' },
      spec: { policyName: 'empty', paramRef: {}, validationActions: ['Deny', 'Warn'] },
    },
    answer: {
      status: 422,
      reason: 'Invalid',
      message:
        'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "empty" is invalid: [spec.paramRef: Required value: one of name or selector must be specified, spec.paramRef.parameterNotFoundAction: Required value, spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)]',
    },
  },
  {
    title: 'refuses an expression that cannot be read',
    method: 'POST',
    path: `${GROUP}/validatingadmissionpolicies`,
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'unread' },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        },
        validations: [{ expression: '1 +' }],
      },
    },
    answer: { status: 422, reason: 'Invalid' },
  },
];
