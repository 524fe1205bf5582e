import type { KubevirtConfig } from '../../config.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import type { Cause } from '../causes.ts';

/** One rule on the spec of a guest. `path` is where the spec stands: `spec`, or `spec.template.spec` in a VM. */
export type SpecRule = (spec: VmiSpec, path: string, config: KubevirtConfig) => Iterable<Cause>;

/** A rule that a range of releases knows. */
export interface VersionedRule {
  readonly rule: SpecRule;
  readonly since?: string;
  readonly until?: string;
}
