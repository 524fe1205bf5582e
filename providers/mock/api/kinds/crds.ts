import { crdProblems, crdUpdateProblems } from '../crd-validation.ts';
import { isObject, listAt, objectAt, sameJson, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { column } from './columns.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';

const TYPES = expandTable(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  `
ExternalDocumentation: description url
ValidationRule: rule!:string+ message messageExpression reason:string? fieldPath optionalOldSelf:bool?
JSONSchemaProps: id $schema $ref:string? description type format title default:any maximum:double? exclusiveMaximum:bool
  minimum:double? exclusiveMinimum:bool maxLength:long? minLength:long? pattern maxItems:long? minItems:long? uniqueItems:bool
  multipleOf:double? enum:[any] maxProperties:long? minProperties:long? required:[string] items:JSONSchemaProps
  allOf:[JSONSchemaProps] oneOf:[JSONSchemaProps] anyOf:[JSONSchemaProps] not:JSONSchemaProps properties:{JSONSchemaProps}
  additionalProperties:JSONSchemaProps patternProperties:{JSONSchemaProps} dependencies:{any}
  additionalItems:JSONSchemaProps definitions:{JSONSchemaProps} externalDocs:ExternalDocumentation example:any nullable:bool
  x-kubernetes-preserve-unknown-fields:bool? x-kubernetes-embedded-resource:bool x-kubernetes-int-or-string:bool
  x-kubernetes-list-map-keys:[string] x-kubernetes-list-type:string? x-kubernetes-map-type:string?
  x-kubernetes-validations:[ValidationRule]{rule}
CustomResourceValidation: openAPIV3Schema:JSONSchemaProps
CustomResourceSubresourceStatus:
CustomResourceSubresourceScale: specReplicasPath!:string+ statusReplicasPath!:string+ labelSelectorPath:string?
CustomResourceSubresources: status:CustomResourceSubresourceStatus scale:CustomResourceSubresourceScale
CustomResourceColumnDefinition: name!:string+ type!:string+ format description priority:int jsonPath!:string+
SelectableField: jsonPath!:string+
CustomResourceDefinitionVersion: name!:string+ served!:bool+ storage!:bool+ deprecated:bool deprecationWarning:string?
  schema:CustomResourceValidation subresources:CustomResourceSubresources
  additionalPrinterColumns:[CustomResourceColumnDefinition] selectableFields:[SelectableField]
CustomResourceDefinitionNames: plural!:string+ singular shortNames:[string] kind!:string+ listKind categories:[string]
ServiceReference: namespace!:string+ name!:string+ path:string? port:int?
WebhookClientConfig: url:string? service:ServiceReference caBundle:bytes
WebhookConversion: clientConfig:WebhookClientConfig conversionReviewVersions!:[string]+
CustomResourceConversion: strategy!:string+ webhook:WebhookConversion
CustomResourceDefinitionSpec: group!:string+ names!:CustomResourceDefinitionNames+ scope!:string+
  versions!:[CustomResourceDefinitionVersion]+ conversion:CustomResourceConversion preserveUnknownFields:bool
CustomResourceDefinitionCondition: type!:string+ status!:string+ lastTransitionTime:time reason message observedGeneration:long
CustomResourceDefinitionStatus: conditions:[CustomResourceDefinitionCondition]{type}+ acceptedNames:CustomResourceDefinitionNames+
  storedVersions:[string]+ observedGeneration:long
CustomResourceDefinition: spec!:CustomResourceDefinitionSpec+ status:CustomResourceDefinitionStatus+
`,
  META,
);

/** CustomResourceDefinitions. */
export const CRD_KINDS: readonly ResourceType[] = [
  defineKind({
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    description: 'A resource that the API server serves beside its own.',
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    clusterWide: true,
    subresources: ['status'],
    schema: TYPES.CustomResourceDefinition,
    counted: true,
    columnsWithoutAge: true,
    columns: [
      { ...column('Name', (object) => object.metadata.name ?? '', 'Name of the definition.'), format: 'name' },
      {
        ...column('Created At', (object) => object.metadata.creationTimestamp ?? null, 'When it was created.'),
        type: 'date',
      },
    ],
    defaults: defaultDefinition,
    prepareForCreate: (object) => ({
      ...object,
      status: { ...objectAt(object, 'status'), storedVersions: storageVersion(object) },
    }),
    prepareForUpdate: keepStoredVersions,
    validate: crdProblems,
    validateUpdate: crdUpdateProblems,
  }),
];

function defaultDefinition(object: KubeObject): KubeObject {
  const spec = objectAt(object, 'spec');
  const names = objectAt(spec, 'names');
  const kind = textAt(names, 'kind');
  const filled = {
    ...names,
    ...(kind === ''
      ? {}
      : { singular: names.singular || kind.toLowerCase(), listKind: names.listKind || `${kind}List` }),
  };
  return { ...object, spec: { ...spec, names: filled, conversion: spec.conversion ?? { strategy: 'None' } } };
}

function storageVersion(object: KubeObject): readonly unknown[] {
  return listAt(object, 'spec', 'versions')
    .filter((version) => isObject(version) && version.storage === true)
    .map((version) => textAt(version, 'name'));
}

/** A storage version once used stays among the stored ones until somebody takes it out through `status`. */
function keepStoredVersions(object: KubeObject, old: KubeObject, subresource: string): KubeObject {
  if (subresource === 'status') return object;
  const status = objectAt(old, 'status');
  const stored = listAt(status, 'storedVersions');
  const added = storageVersion(object).filter((version) => !stored.includes(version));
  if (added.length === 0 || sameJson(stored, added)) return object;
  return { ...object, status: { ...status, storedVersions: [...stored, ...added] } };
}
