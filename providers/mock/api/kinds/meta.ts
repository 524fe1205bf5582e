import type { Schema } from '../schema.ts';
import { expandTable } from './notation.ts';

/** Types of `k8s.io/apimachinery/pkg/apis/meta/v1` that other tables refer to. */
export const META = expandTable(
  'io.k8s.apimachinery.pkg.apis.meta.v1',
  `
OwnerReference@: apiVersion!:string+ kind!:string+ name!:string+ uid!:string+ controller:bool? blockOwnerDeletion:bool?
ManagedFieldsEntry: manager operation apiVersion time:time fieldsType fieldsV1:any subresource
ObjectMeta: name generateName namespace selfLink uid resourceVersion generation:long creationTimestamp:time
  deletionTimestamp:time deletionGracePeriodSeconds:long? labels:{string} annotations:{string}
  ownerReferences:[OwnerReference]{uid} finalizers:[string]# managedFields:[ManagedFieldsEntry]
LabelSelectorRequirement: key!:string+ operator!:string+ values:[string]
LabelSelector@: matchLabels:{string} matchExpressions:[LabelSelectorRequirement]
Condition: type!:string+ status!:string+ observedGeneration:long lastTransitionTime!:time+ reason!:string+ message!:string+
Preconditions: uid:string? resourceVersion:string?
DeleteOptions: apiVersion kind gracePeriodSeconds:long? preconditions:Preconditions orphanDependents:bool?
  propagationPolicy:string? dryRun:[string] ignoreStoreReadErrorWithClusterBreakingPotential:bool?
FieldSelectorRequirement: key!:string+ operator!:string+ values:[string]
`,
);

/** Schema of every object's `metadata`. */
export const objectMetaSchema: Schema = META.ObjectMeta ?? {};

/** `apiVersion`, `kind` and `metadata` around a schema that leaves them out, as server-side apply and OpenAPI need it. */
export function wholeSchema(schema: Schema): Schema {
  const known = WHOLE.get(schema);
  if (known !== undefined) return known;
  const whole: Schema = {
    ...schema,
    type: 'object',
    properties: {
      ...IDENTITY,
      ...schema.properties,
      // A custom resource's schema may mention metadata, but says nothing of it.
      ...IDENTITY,
    },
  };
  WHOLE.set(schema, whole);
  return whole;
}

const IDENTITY: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { ...objectMetaSchema, zeroValue: 'emit' },
};

const WHOLE = new WeakMap<Schema, Schema>();
