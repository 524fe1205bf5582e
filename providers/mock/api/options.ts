import type { StatusCause } from './objects.ts';
import { isTrue, type RequestInfo } from './request.ts';
import { type ApiError, badRequest, invalidOptions } from './status.ts';

/** What a writing request asks for beside its body. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  readonly force: boolean;
}

/** What a read asks for. */
export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly limit: number;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

/** Reads and checks the query of a write. @throws ApiError 422 with every problem. */
export function writeOptions(kind: OptionsKind, { query }: RequestInfo, isApply = false): WriteOptions {
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  const problems = [
    ...dryRunProblems(query.getAll('dryRun')),
    ...forceProblems(kind, query, isApply, fieldManager),
    ...fieldManagerProblems(fieldManager),
    ...fieldValidationProblems(fieldValidation),
  ];
  if (problems.length > 0) throw invalidOptions(kind, problems);
  return {
    dryRun: query.getAll('dryRun').includes('All'),
    fieldManager,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as WriteOptions['fieldValidation']),
    force: isTrue(query.get('force')),
  };
}

/** The only dryRun value is All. */
export function dryRunProblems(values: readonly string[]): readonly StatusCause[] {
  const given = values.filter((value) => value !== '');
  if (given.every((value) => value === 'All')) return [];
  return [unsupported('dryRun', given, ['All'])];
}

function forceProblems(kind: OptionsKind, query: URLSearchParams, isApply: boolean, fieldManager: string) {
  if (kind !== 'PatchOptions') return [];
  if (isApply) return fieldManager === '' ? [required('fieldManager', 'is required for apply patch')] : [];
  return query.get('force') === null ? [] : [forbiddenField('force', 'may not be specified for non-apply patch')];
}

function fieldManagerProblems(manager: string): readonly StatusCause[] {
  if (manager.length > 128) {
    const message = `Too long: may not be more than 128 bytes`;
    return [{ reason: 'FieldValueTooLong', message, field: 'fieldManager' }];
  }
  return [];
}

function fieldValidationProblems(value: string): readonly StatusCause[] {
  const supported = ['', 'Ignore', 'Strict', 'Warn'];
  return supported.includes(value) ? [] : [unsupported('fieldValidation', value, supported)];
}

/** Reads and checks the query of a list or watch. @throws ApiError 400 or 422. */
export function listOptions({ query, verb }: RequestInfo): ListOptions {
  const limit = integer(query.get('limit')) ?? 0;
  const initial = query.get('sendInitialEvents');
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    timeoutSeconds: integer(query.get('timeoutSeconds')),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: initial === null || initial === '' ? undefined : isTrue(initial),
  };
  const problems = verb === 'watch' ? watchProblems(options) : matchProblems(options);
  if (problems.length > 0) throw invalidOptions('ListOptions', problems);
  return options;
}

function matchProblems(options: ListOptions): readonly StatusCause[] {
  const { resourceVersion, resourceVersionMatch: match, continueToken, sendInitialEvents } = options;
  const field = 'resourceVersionMatch';
  const problems: StatusCause[] = [];
  if (sendInitialEvents !== undefined) {
    problems.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (match === '') return problems;
  if (continueToken !== '') problems.push(forbiddenField(field, `${field} is forbidden when continue is provided`));
  if (resourceVersion === '') {
    problems.push(forbiddenField(field, `${field} is forbidden unless resourceVersion is provided`));
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    problems.push(unsupported(field, match, ['Exact', 'NotOlderThan', '']));
  }
  if (match === 'Exact' && resourceVersion === '0') {
    problems.push(forbiddenField(field, `${field} "exact" is forbidden for resourceVersion "0"`));
  }
  return problems;
}

function watchProblems({ resourceVersionMatch: match, sendInitialEvents }: ListOptions): readonly StatusCause[] {
  const field = 'resourceVersionMatch';
  if (sendInitialEvents === undefined) {
    const why = `${field} is forbidden for watch unless sendInitialEvents is provided`;
    return match === '' ? [] : [forbiddenField(field, why)];
  }
  if (match === 'NotOlderThan') return [];
  return [forbiddenField(field, `sendInitialEvents requires setting ${field} to NotOlderThan`)];
}

function integer(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

/** A cause of reason FieldValueNotSupported. */
export function unsupported(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const list = supported.map((one) => JSON.stringify(one)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

/** A cause of reason FieldValueForbidden. */
export function forbiddenField(field: string, why: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

/** A cause of reason FieldValueRequired. */
export function required(field: string, why = ''): StatusCause {
  return { reason: 'FieldValueRequired', message: why === '' ? 'Required value' : `Required value: ${why}`, field };
}

/** A cause of reason FieldValueInvalid. */
export function invalidField(field: string, value: unknown, why: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field };
}

/** Reads a resourceVersion. @throws ApiError as `refuse` makes it from the parser's complaint. */
export function parseVersion(text: string, refuse: (complaint: string) => ApiError): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw refuse(
    `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}
