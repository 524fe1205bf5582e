import type { Caller, Core } from '../core.ts';
import { listAt, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { ApiError, failure, forbidden } from '../status.ts';
import type { Attributes } from './attributes.ts';
import { namespaceMatches, objectMatches, type Rule, ruleMatches } from './match-resources.ts';
import { judgeByPolicy, type Refusal } from './policy-judgement.ts';
import { paramsOf } from './policy-params.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `validatingadmissionpolicies.${GROUP}`;
const BINDINGS = `validatingadmissionpolicybindings.${GROUP}`;

// No policy may judge these, or one that refuses everything could not be taken away.
const UNTOUCHABLE = new Set(['validatingadmissionpolicies', 'validatingadmissionpolicybindings']);

/**
 * Lets the bound admission policies judge a request: the first refusal counts, warnings go to the caller.
 * @throws ApiError in the words of the real server. Audit actions have no trail here.
 */
export function admitByPolicies(core: Core, caller: Caller, attributes: Attributes): void {
  const { type } = attributes;
  if (type.group === GROUP && UNTOUCHABLE.has(type.plural)) return;
  const bindings = core.store.list(BINDINGS, '');
  if (bindings.length === 0) return;
  const refusals = core.store.list(POLICIES, '').flatMap((policy) => {
    const own = bindings.filter((binding) => textAt(binding, 'spec', 'policyName') === policy.metadata.name);
    return own.length === 0 ? [] : refusalsOf(core, caller, attributes, { policy, bindings: own });
  });
  const [first] = refusals;
  if (first !== undefined) throw denied(attributes, first);
}

interface Bound {
  readonly policy: KubeObject;
  readonly bindings: readonly KubeObject[];
}

interface Denial extends Refusal {
  readonly policy: KubeObject;
  readonly binding: KubeObject | undefined;
}

function refusalsOf(core: Core, caller: Caller, request: Attributes, bound: Bound): readonly Denial[] {
  const { policy, bindings } = bound;
  const seen = matched(core, objectAt(policy, 'spec', 'matchConstraints'), request);
  if (seen === undefined) return [];
  const isLenient = textAt(policy, 'spec', 'failurePolicy') === 'Ignore';
  return bindings.flatMap((binding): readonly Denial[] => {
    if (matched(core, objectAt(binding, 'spec', 'matchResources'), request) === undefined) return [];
    const params = paramsOf(core, { policy, binding, namespace: request.namespace });
    if ('problem' in params) {
      const message = `failed to configure binding: ${params.problem}`;
      return isLenient ? [] : [{ policy, binding, message, reason: undefined }];
    }
    const refusals = params.params.flatMap((param) => judgeByPolicy(core, seen, { policy, param }));
    const actions = listAt(binding, 'spec', 'validationActions');
    if (actions.includes('Warn')) for (const { message } of refusals) caller.warn(warning(policy, binding, message));
    return actions.includes('Deny') ? refusals.map((refusal) => ({ ...refusal, policy, binding })) : [];
  });
}

function warning(policy: KubeObject, binding: KubeObject, message: string): string {
  return `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${message}`;
}

/** The request as the constraints see it: in an equivalent version where they name only that one. Undefined: not theirs. */
function matched(core: Core, constraints: Readonly<Record<string, unknown>>, request: Attributes) {
  const { namespaceSelector = {}, objectSelector = {}, matchPolicy } = constraints;
  if (!namespaceMatches(core, namespaceSelector, request) || !objectMatches(objectSelector, request)) return undefined;
  const forms = matchPolicy === 'Exact' ? [request] : [request, ...equivalents(core, request)];
  const among = (rules: readonly Rule[]) => forms.find((form) => rules.some((rule) => ruleMatches(rule, form)));
  if (among(listAt(constraints, 'excludeResourceRules') as readonly Rule[]) !== undefined) return undefined;
  const rules = listAt(constraints, 'resourceRules') as readonly Rule[];
  return rules.length === 0 ? request : among(rules);
}

/** The same request in the other served versions of its resource, which differ by name only. */
function equivalents(core: Core, request: Attributes): readonly Attributes[] {
  const { group, plural, version } = request.type;
  return core.registry.types
    .filter((type) => type.group === group && type.plural === plural && type.version !== version)
    .map((type) => {
      const apiVersion = `${type.group}/${type.version}`;
      const inVersion = (object: KubeObject | undefined) => object && { ...object, apiVersion };
      return { ...request, type, object: inVersion(request.object), oldObject: inVersion(request.oldObject) };
    });
}

const CODES: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

function denied(attributes: Attributes, { policy, binding, message: why, reason = 'Invalid' }: Denial): ApiError {
  const by = binding === undefined ? '' : ` with binding '${binding.metadata.name}'`;
  const message = `ValidatingAdmissionPolicy '${policy.metadata.name}'${by} denied request: ${why}`;
  const { body } = forbidden(attributes.type, nameIn(attributes), message, [{ message }]);
  const { message: whole = message, details } = body;
  return new ApiError(failure({ code: CODES[reason] ?? 422, reason, message: whole, details }));
}

function nameIn({ name, object }: Attributes): string {
  return name || object?.metadata.name || object?.metadata.generateName || 'Unknown';
}
