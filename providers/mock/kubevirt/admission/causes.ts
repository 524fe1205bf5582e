/** One reason of a refusal, as `status.details.causes` carries it. */
export interface Cause {
  readonly reason: CauseType;
  readonly message: string;
  readonly field: string;
}

/** `metav1.CauseType`. Empty for what a schema refuses. */
export type CauseType =
  | 'FieldValueInvalid'
  | 'FieldValueRequired'
  | 'FieldValueNotSupported'
  | 'FieldValueNotFound'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | '';

/** `field` has a value that cannot be. */
export function invalid(field: string, message: string): Cause {
  return { reason: 'FieldValueInvalid', message, field };
}

/** `field` is missing. */
export function required(field: string, message: string): Cause {
  return { reason: 'FieldValueRequired', message, field };
}

/** `field` has a value out of the known ones. */
export function notSupported(field: string, message: string): Cause {
  return { reason: 'FieldValueNotSupported', message, field };
}

/** `field` names something that is not there. */
export function notFound(field: string, message: string): Cause {
  return { reason: 'FieldValueNotFound', message, field };
}

/** `field` repeats what must be unique. */
export function duplicate(field: string, message: string): Cause {
  return { reason: 'FieldValueDuplicate', message, field };
}

/** `field` may not be used so. */
export function forbidden(field: string, message: string): Cause {
  return { reason: 'FieldValueForbidden', message, field };
}
