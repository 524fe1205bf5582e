/**
 * The one schema model of the simulator: a structural schema as CustomResourceDefinitions carry it. Built-in kinds
 * are written in the same form (by our own field tables), so that pruning, strict validation, strategic merge,
 * server-side apply and the OpenAPI document all read one thing.
 */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly description?: string;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  /** Strategic merge of built-in kinds, where it differs from the list-map-keys. */
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  /** Rules of a custom resource in CEL. */
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
  /** Full name of the type in the OpenAPI document, e.g. `io.k8s.api.core.v1.PodSpec`. Built-in kinds only. */
  readonly typeName?: string;
  /** What JSON shows of a zero value (Go's struct tags): by default nothing, `keep` if it was given, `emit` always, `null` as null. Built-in kinds only. */
  readonly zeroValue?: 'keep' | 'emit' | 'null';
}

export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}
