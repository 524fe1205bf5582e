import { toFinding } from '../errors/blame.ts';
import { InfraError } from '../errors/errors.ts';
import { missingCapabilities } from '../host/facts.ts';
import type { KubevirtVersion } from '../kubevirt/versions.ts';
import { technologiesOf } from '../kubevirt/versions.ts';
import { NODE_LABELS } from '../model/guests.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { NotDemanded } from '../model/report.ts';
import type { PlannedCase } from '../model/result.ts';
import { type GuestKind, TECHNOLOGIES, type Technology, technologyName } from '../model/technology.ts';
import type { Scope } from '../scope/scope.ts';
import type { Selection, Suites } from './engine.ts';

/** What decides which guests must boot. */
export interface DemandFacts {
  /** As the user named them; undefined: what host and KubeVirt can do, at least SEV. */
  readonly require: readonly Technology[] | undefined;
  /** Undefined while it is not known yet, or the installed one is taken. */
  readonly version: KubevirtVersion | undefined;
  /** Undefined before the probe, or when only the API is reachable. */
  readonly host: HostFacts | undefined;
  /** Of the node, once they are known: they decide where the host itself was not read. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The technologies whose guests must boot, and why the others need not. */
export interface Demands {
  readonly demanded: readonly Technology[];
  readonly notDemanded: readonly NotDemanded[];
}

/**
 * Decides what is demanded. What the user names is demanded whatever the host says, so that a lack shows up red;
 * without a wish everything possible is, and SEV in any case, so that a host without it cannot pass.
 */
export function decideDemands({ require, version, host, labels }: DemandFacts): Demands {
  const reasons = TECHNOLOGIES.map((technology): { technology: Technology; reason: string | undefined } => {
    if (require !== undefined)
      return { technology, reason: require.includes(technology) ? undefined : 'not named in --require' };
    if (technology === 'sev') return { technology, reason: undefined };
    if (version !== undefined && !technologiesOf(version).includes(technology))
      return { technology, reason: `KubeVirt ${version.text} has no ${technologyName(technology)}` };
    if (host === undefined && labels !== undefined && !(NODE_LABELS[technology] in labels))
      return { technology, reason: `the node lacks the label ${NODE_LABELS[technology]}, and the host was not read` };
    const support = host?.support[technology];
    return { technology, reason: support?.supported === false ? `the host cannot: ${support.readFrom}` : undefined };
  });
  return {
    demanded: reasons.flatMap(({ technology, reason }) => (reason === undefined ? [technology] : [])),
    notDemanded: reasons.flatMap(({ technology, reason }) => (reason === undefined ? [] : [{ technology, reason }])),
  };
}

/**
 * Filters that leave out the proof of a technology narrow what is demanded by default, never what the user named:
 * that a named guest goes unproven has to end red. The same holds when no proof at all is left.
 */
export function narrowDemands(
  { demanded, notDemanded }: Demands,
  require: DemandFacts['require'],
  cases: readonly PlannedCase[],
): Demands {
  const proven = demanded.filter((technology) => cases.some(({ guest, isProof }) => isProof && guest === technology));
  if (require !== undefined || proven.length === 0) return { demanded, notDemanded };
  const left = demanded.filter((technology) => !proven.includes(technology));
  const reason = 'its proof is left out by --label-filter, --focus or --skip';
  return { demanded: proven, notDemanded: [...notDemanded, ...left.map((technology) => ({ technology, reason }))] };
}

/** Guests of the demanded technologies, and the control. */
export function kindsOf({ demanded }: Demands): readonly GuestKind[] {
  return [...demanded, 'plain'];
}

interface Asked {
  readonly host: HostFacts;
  readonly version: KubevirtVersion | undefined;
  readonly demands: Demands;
  readonly selection: Selection;
}

/**
 * A demanded technology that the host lacks ends the run before anything is changed, with one red case for each.
 * @throws InfraError naming what is lacking and where that was read.
 */
export function refuseMissing(scope: Scope, suites: Suites, asked: Asked): void {
  const { host, version, demands, selection } = asked;
  const withoutApi = demands.demanded.filter(
    (technology) => version !== undefined && !technologiesOf(version).includes(technology),
  );
  if (withoutApi.length > 0) {
    const names = withoutApi.map(technologyName).join(' and ');
    throw new InfraError(`KubeVirt ${version?.text} has no ${names}`, {
      hint: 'test a later KubeVirt, or leave it out of --require',
    });
  }
  const lacking = missingCapabilities(host, demands.demanded);
  const [first, ...others] = lacking;
  if (first === undefined) return;
  for (const { technology, message, hint } of lacking) {
    const [planned] = suites.plan({ ...selection, kinds: [technology] });
    if (planned === undefined) continue;
    const finding = toFinding(new InfraError(message, { hint }), planned.title);
    scope.emit({ type: 'case-ended', result: { ...planned, outcome: 'errored', ms: 0, finding, evidence: [] } });
  }
  const more = others.map(
    ({ technology }) => ` and ${technologyName(technology)} (${host.support[technology].readFrom})`,
  );
  throw new InfraError(`${first.message}${more.join('')}`, { hint: first.hint });
}
