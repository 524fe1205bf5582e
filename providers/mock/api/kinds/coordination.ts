import { numberAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { invalid } from './causes.ts';
import { column } from './columns.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';

const TYPES = expandTable(
  'io.k8s.api.coordination.v1',
  `
LeaseSpec: holderIdentity:string? leaseDurationSeconds:int? acquireTime:micro renewTime:micro leaseTransitions:int?
  strategy:string? preferredHolder:string?
Lease: spec:LeaseSpec+
`,
  META,
);

/** Leases. */
export const COORDINATION_KINDS: readonly ResourceType[] = [
  defineKind({
    group: 'coordination.k8s.io',
    kind: 'Lease',
    description: 'Who holds something, and since when.',
    schema: TYPES.Lease,
    columns: [column('Holder', (object) => textAt(object, 'spec', 'holderIdentity'), 'Identity of the holder.')],
    validate: validateLease,
  }),
];

function validateLease(object: KubeObject): readonly StatusCause[] {
  const duration = numberAt(object, 'spec', 'leaseDurationSeconds');
  const transitions = numberAt(object, 'spec', 'leaseTransitions');
  const causes: StatusCause[] = [];
  if (duration !== undefined && duration <= 0) {
    causes.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (transitions !== undefined && transitions < 0) {
    causes.push(invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  return causes;
}
