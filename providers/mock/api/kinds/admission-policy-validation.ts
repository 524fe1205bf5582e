import { celSyntaxProblem } from '../cel.ts';
import { isObject, listAt, objectAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import { duplicate, forbidden, invalid, required, unsupported } from './causes.ts';
import { ruleProblems } from './webhook-validation.ts';

/** What is wrong with an admission policy; of its expressions only whether they can be read. */
export function policyProblems(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const { paramKind } = spec;
  const failurePolicy = textAt(spec, 'failurePolicy');
  const causes: StatusCause[] = [];
  if (!FAILURES.includes(failurePolicy)) causes.push(unsupported('spec.failurePolicy', failurePolicy, FAILURES));
  if (isObject(paramKind)) {
    for (const field of ['apiVersion', 'kind'])
      if (textAt(paramKind, field) === '') causes.push(required(`spec.paramKind.${field}`));
  }
  if (!isObject(spec.matchConstraints)) causes.push(required('spec.matchConstraints'));
  else {
    causes.push(...rulesProblems(spec.matchConstraints, 'spec.matchConstraints'));
    if (listAt(spec, 'matchConstraints', 'resourceRules').length === 0)
      causes.push(required('spec.matchConstraints.resourceRules'));
  }
  return [...causes, ...conditionsProblems(spec), ...variablesProblems(spec), ...validationsProblems(spec)];
}

const FAILURES = ['Fail', 'Ignore'];

function rulesProblems(constraints: unknown, at: string): readonly StatusCause[] {
  return ['resourceRules', 'excludeResourceRules'].flatMap((field) =>
    listAt(constraints, field).flatMap((rule, index) => ruleProblems(rule, `${at}.${field}[${index}]`)),
  );
}

function conditionsProblems(spec: unknown): readonly StatusCause[] {
  const names = new Set<string>();
  return listAt(spec, 'matchConditions').flatMap((condition, index) => {
    const at = `spec.matchConditions[${index}]`;
    const name = textAt(condition, 'name');
    const causes = [...expressionProblems(textAt(condition, 'expression').trim(), `${at}.expression`)];
    if (name === '') causes.push(required(`${at}.name`));
    else if (names.has(name)) causes.push(duplicate(`${at}.name`, name));
    names.add(name);
    return causes;
  });
}

function variablesProblems(spec: unknown): readonly StatusCause[] {
  return listAt(spec, 'variables').flatMap((variable, index) => {
    const at = `spec.variables[${index}]`;
    const name = textAt(variable, 'name');
    const named = name === '' || !/^[A-Za-z_]\w*$/.test(name);
    return [
      ...(named ? [invalid(`${at}.name`, name, 'name is not a valid CEL identifier')] : []),
      ...expressionProblems(textAt(variable, 'expression'), `${at}.expression`, 'expression is not specified'),
    ];
  });
}

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];

function validationsProblems(spec: unknown): readonly StatusCause[] {
  const validations = listAt(spec, 'validations');
  if (validations.length === 0 && listAt(spec, 'auditAnnotations').length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item';
    return [required('spec.validations', why), required('spec.auditAnnotations', why)];
  }
  return validations.flatMap((validation, index) => {
    const at = `spec.validations[${index}]`;
    const [messageExpression, message] = [textAt(validation, 'messageExpression'), textAt(validation, 'message')];
    const reason = textAt(validation, 'reason');
    return [
      ...expressionProblems(textAt(validation, 'expression'), `${at}.expression`, 'expression is not specified'),
      ...(messageExpression === '' ? [] : expressionProblems(messageExpression, `${at}.messageExpression`)),
      ...(message.trim().includes('\n')
        ? [invalid(`${at}.message`, message, 'must not contain line breaks')]
        : message !== '' && message.trim() === ''
          ? [invalid(`${at}.message`, message, 'must be non-empty if specified')]
          : []),
      ...(reason === '' || REASONS.includes(reason) ? [] : [unsupported(`${at}.reason`, reason, REASONS)]),
    ];
  });
}

function expressionProblems(expression: string, field: string, ifAbsent = ''): readonly StatusCause[] {
  if (expression.trim() === '') return [required(field, ifAbsent)];
  const problem = celSyntaxProblem(expression);
  return problem === undefined ? [] : [invalid(field, expression, `compilation failed: ${problem}`)];
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

/** What is wrong with the binding of an admission policy. */
export function bindingProblems(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const actions = listAt(spec, 'validationActions');
  const causes: StatusCause[] = [];
  if (textAt(spec, 'policyName') === '') causes.push(required('spec.policyName'));
  if (isObject(spec.paramRef)) causes.push(...paramRefProblems(spec.paramRef));
  causes.push(...rulesProblems(spec.matchResources, 'spec.matchResources'));
  if (actions.length === 0) causes.push(required('spec.validationActions'));
  for (const [index, action] of actions.entries()) {
    if (!ACTIONS.includes(`${action}`)) causes.push(unsupported(`spec.validationActions[${index}]`, action, ACTIONS));
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    causes.push(
      invalid(
        'spec.validationActions',
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  }
  return causes;
}

const NOT_FOUND_ACTIONS = ['Allow', 'Deny'];

function paramRefProblems(paramRef: Readonly<Record<string, unknown>>): readonly StatusCause[] {
  const at = 'spec.paramRef';
  const [name, action] = [textAt(paramRef, 'name'), textAt(paramRef, 'parameterNotFoundAction')];
  const why = 'name and selector are mutually exclusive';
  const causes: StatusCause[] = [];
  if (name !== '' && isObject(paramRef.selector))
    causes.push(forbidden(`${at}.name`, why), forbidden(`${at}.selector`, why));
  if (name === '' && !isObject(paramRef.selector))
    causes.push(required(at, 'one of name or selector must be specified'));
  if (action === '') causes.push(required(`${at}.parameterNotFoundAction`));
  else if (!NOT_FOUND_ACTIONS.includes(action))
    causes.push(unsupported(`${at}.parameterNotFoundAction`, action, NOT_FOUND_ACTIONS));
  return causes;
}
