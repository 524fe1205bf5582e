import { isObject, listAt, objectAt, textAt } from '../json.ts';
import type { StatusCause } from '../objects.ts';
import { invalid, required } from './causes.ts';
import { labelValue, qualifiedName } from './names.ts';

const ANNOTATIONS_MAX_BYTES = 256 * 1024;

/** Problems of label keys and values under `field`. */
export function validateLabels(labels: Readonly<Record<string, unknown>>, field: string): readonly StatusCause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedName(key).map((problem) => invalid(field, key, problem)),
    ...labelValue(`${value}`).map((problem) => invalid(field, value, problem)),
  ]);
}

/** Problems of annotation keys and of their size. */
export function validateAnnotations(
  annotations: Readonly<Record<string, unknown>>,
  field: string,
): readonly StatusCause[] {
  const entries = Object.entries(annotations);
  const causes = entries.flatMap(([key]) =>
    qualifiedName(key.toLowerCase()).map((problem) => invalid(field, key, problem)),
  );
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(`${value}`), 0);
  if (size <= ANNOTATIONS_MAX_BYTES) return causes;
  const message = `Too long: may not be more than ${ANNOTATIONS_MAX_BYTES} bytes`;
  return [...causes, { reason: 'FieldValueTooLong', message, field }];
}

/** Problems of a label selector. */
export function validateSelector(selector: unknown, field: string): readonly StatusCause[] {
  if (!isObject(selector)) return [];
  const causes = [...validateLabels(objectAt(selector, 'matchLabels'), `${field}.matchLabels`)];
  for (const [index, expression] of listAt(selector, 'matchExpressions').entries()) {
    const at = `${field}.matchExpressions[${index}]`;
    const operator = textAt(expression, 'operator');
    const values = listAt(expression, 'values');
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        causes.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        const message = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        causes.push({ reason: 'FieldValueForbidden', message, field: `${at}.values` });
      }
    } else causes.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    for (const problem of qualifiedName(textAt(expression, 'key'))) {
      causes.push(invalid(`${at}.key`, textAt(expression, 'key'), problem));
    }
  }
  return causes;
}
