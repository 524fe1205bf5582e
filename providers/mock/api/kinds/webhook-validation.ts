import { isObject, type Json, listAt, numberAt, objectAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import { duplicate, invalid, required, unsupported } from './causes.ts';
import { dnsSubdomain } from './names.ts';

/** What is wrong with a webhook configuration. */
export function webhookProblems(object: KubeObject): readonly StatusCause[] {
  const names = new Set<string>();
  return listAt(object, 'webhooks').flatMap((webhook, index) => {
    const at = `webhooks[${index}]`;
    const one: Json = isObject(webhook) ? webhook : {};
    const name = textAt(one, 'name');
    const causes = [...webhookNameProblems(name, `${at}.name`), ...clientProblems(one, at), ...policyChoices(one, at)];
    if (names.has(name)) causes.push(duplicate(`${at}.name`, name));
    names.add(name);
    for (const [number, rule] of listAt(one, 'rules').entries())
      causes.push(...ruleProblems(rule, `${at}.rules[${number}]`));
    return causes;
  });
}

function webhookNameProblems(name: string, field: string): StatusCause[] {
  if (name === '') return [required(field)];
  const problems = dnsSubdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(','))];
  if (name.split('.').length >= 3) return [];
  return [invalid(field, name, 'should be a domain with at least three segments separated by dots')];
}

function clientProblems(webhook: Json, at: string): StatusCause[] {
  const client = objectAt(webhook, 'clientConfig');
  const causes: StatusCause[] = [];
  if ((client.url === undefined) === (client.service === undefined)) {
    causes.push(required(`${at}.clientConfig`, 'exactly one of url or service is required'));
  }
  if (isObject(client.service)) {
    if (textAt(client.service, 'name') === '')
      causes.push(required(`${at}.clientConfig.service.name`, 'service name is required'));
    if (textAt(client.service, 'namespace') === '') {
      causes.push(required(`${at}.clientConfig.service.namespace`, 'service namespace is required'));
    }
  }
  if (typeof client.url === 'string' && !client.url.startsWith('https://')) {
    causes.push(
      invalid(
        `${at}.clientConfig.url`,
        client.url,
        "'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ),
    );
  }
  return causes;
}

function policyChoices(webhook: Json, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const versions = listAt(webhook, 'admissionReviewVersions');
  if (versions.length === 0) {
    causes.push(required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
  } else if (!versions.includes('v1') && !versions.includes('v1beta1')) {
    causes.push(invalid(`${at}.admissionReviewVersions`, versions, 'must include at least one of v1, v1beta1'));
  }
  const effects = ['None', 'NoneOnDryRun'];
  if (webhook.sideEffects === undefined) {
    causes.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  } else if (!effects.includes(textAt(webhook, 'sideEffects'))) {
    causes.push(unsupported(`${at}.sideEffects`, webhook.sideEffects, effects));
  }
  const failure = textAt(webhook, 'failurePolicy');
  if (!['Fail', 'Ignore'].includes(failure))
    causes.push(unsupported(`${at}.failurePolicy`, failure, ['Fail', 'Ignore']));
  const timeout = numberAt(webhook, 'timeoutSeconds') ?? 10;
  if (timeout < 1 || timeout > 30) {
    causes.push(invalid(`${at}.timeoutSeconds`, timeout, `the timeout value must be between 1 and 30 seconds`));
  }
  return causes;
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

/** What is wrong with the rule of a webhook or a policy. */
export function ruleProblems(rule: unknown, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const field of ['apiGroups', 'apiVersions', 'resources', 'operations']) {
    const values = listAt(rule, field);
    if (values.length === 0) causes.push(required(`${at}.${field}`));
    else if (values.length > 1 && values.includes('*') && field !== 'resources') {
      causes.push(invalid(`${at}.${field}`, values, `if '*' is present, must not specify other ${wordsFor(field)}`));
    }
  }
  for (const [index, operation] of listAt(rule, 'operations').entries()) {
    if (!OPERATIONS.includes(`${operation}`))
      causes.push(unsupported(`${at}.operations[${index}]`, operation, OPERATIONS));
  }
  return causes;
}

function wordsFor(field: string): string {
  return field === 'apiGroups' ? 'API groups' : field === 'apiVersions' ? 'API versions' : field;
}
