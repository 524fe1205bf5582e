import { qualifiedName } from '../../../api/kinds/names.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { type Cause, invalid } from '../causes.ts';

/* Rules that KubeVirt took over from Kubernetes' pods: each cause's message begins with its field. */

/** Node and pod affinity can be used by a scheduler. Source: validate-k8s-utils.go. */
export function* affinity(spec: VmiSpec, path: string): Iterable<Cause> {
  const { nodeAffinity, podAffinity, podAntiAffinity } = (spec.affinity ?? {}) as Affinity;
  const requiredNodes = nodeAffinity?.[REQUIRED] as { nodeSelectorTerms?: readonly NodeTerm[] } | undefined;
  if (requiredNodes !== undefined)
    yield* nodeTerms(requiredNodes.nodeSelectorTerms ?? [], `${path}.nodeAffinity.${REQUIRED}`);
  for (const [index, { weight = 0, preference }] of listed(nodeAffinity?.[PREFERRED]).entries()) {
    const field = `${path}.nodeAffinity.${PREFERRED}[${index}]`;
    yield* weighted(weight, field);
    yield* nodeTerm((preference ?? {}) as NodeTerm, `${field}.preference`);
  }
  for (const [kind, terms] of [
    ['podAffinity', podAffinity],
    ['podAntiAffinity', podAntiAffinity],
  ] as const) {
    for (const [index, term] of listed(terms?.[REQUIRED]).entries()) {
      yield* topologyKey(term.topologyKey, `${path}.${kind}.${REQUIRED}[${index}].topologyKey`);
    }
    for (const [index, { weight = 0, podAffinityTerm }] of listed(terms?.[PREFERRED]).entries()) {
      const field = `${path}.${kind}.${PREFERRED}[${index}]`;
      yield* weighted(weight, field);
      yield* topologyKey(podAffinityTerm?.topologyKey, `${field}.podAffinityTerm.topologyKey`);
    }
  }
}

/** Spread constraints can be used by a scheduler, and do not repeat. */
export function* topologySpread(spec: VmiSpec, path: string): Iterable<Cause> {
  const constraints = (spec.topologySpreadConstraints ?? []) as readonly SpreadConstraint[];
  for (const [index, { maxSkew = 0, topologyKey: key, whenUnsatisfiable = '' }] of constraints.entries()) {
    const field = `${path}.topologySpreadConstraints[${index}]`;
    if (maxSkew <= 0) yield stated(`${field}.maxSkew`, `Invalid value: ${maxSkew}: must be greater than zero`);
    yield* topologyKey(key, `${field}.topologyKey`);
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(whenUnsatisfiable)) {
      const supported = 'supported values: "DoNotSchedule", "ScheduleAnyway"';
      yield stated(`${field}.whenUnsatisfiable`, `Unsupported value: "${whenUnsatisfiable}": ${supported}`);
    }
    const repeated = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === key && other.whenUnsatisfiable === whenUnsatisfiable);
    if (repeated) {
      const pair = `"{${key}, ${whenUnsatisfiable}}"`;
      yield stated(`${field}.{topologyKey, whenUnsatisfiable}`, `Duplicate value: ${pair}`);
    }
  }
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

type Affinity = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

interface Term {
  readonly weight?: number;
  readonly preference?: unknown;
  readonly topologyKey?: string;
  readonly podAffinityTerm?: { readonly topologyKey?: string };
}

interface NodeTerm {
  readonly matchExpressions?: readonly Requirement[];
}

interface Requirement {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

interface SpreadConstraint {
  readonly maxSkew?: number;
  readonly topologyKey?: string;
  readonly whenUnsatisfiable?: string;
}

function listed(terms: unknown): readonly Term[] {
  return Array.isArray(terms) ? terms : [];
}

function* nodeTerms(terms: readonly NodeTerm[], path: string): Iterable<Cause> {
  const field = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) yield stated(field, 'Required value: must have at least one node selector term');
  for (const [index, term] of terms.entries()) yield* nodeTerm(term, `${field}[${index}]`);
}

function* nodeTerm(term: NodeTerm, path: string): Iterable<Cause> {
  for (const [index, { key = '', operator = '', values = [] }] of (term.matchExpressions ?? []).entries()) {
    const field = `${path}.matchExpressions[${index}]`;
    yield* operands(operator, values, field);
    yield* labelName(key, `${field}.key`);
  }
}

function* operands(operator: string, values: readonly string[], field: string): Iterable<Cause> {
  const place = `${field}.values`;
  if (['In', 'NotIn'].includes(operator)) {
    if (values.length > 0) return;
    yield stated(place, "Required value: must be specified when `operator` is 'In' or 'NotIn'");
  } else if (['Exists', 'DoesNotExist'].includes(operator)) {
    if (values.length === 0) return;
    yield stated(place, "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else if (['Gt', 'Lt'].includes(operator)) {
    if (values.length === 1) return;
    yield stated(place, "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'");
  } else yield stated(`${field}.operator`, `Invalid value: "${operator}": not a valid selector operator`);
}

function* weighted(weight: number, field: string): Iterable<Cause> {
  if (weight > 0 && weight <= 100) return;
  yield stated(`${field}.weight`, `Invalid value: ${weight}: must be in the range 1-100`);
}

function* topologyKey(key: string | undefined, field: string): Iterable<Cause> {
  if (!key) yield stated(field, 'Required value: can not be empty');
  yield* labelName(key ?? '', field);
}

function* labelName(name: string, field: string): Iterable<Cause> {
  for (const problem of qualifiedName(name)) yield stated(field, `Invalid value: "${name}": ${problem}`);
}

function stated(field: string, problem: string): Cause {
  return invalid(field, `${field}: ${problem}`);
}
