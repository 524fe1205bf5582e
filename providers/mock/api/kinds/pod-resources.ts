import { findQuantity } from '../../quantity.ts';
import { type Json, objectAt } from '../json.ts';
import type { StatusCause } from '../objects.ts';
import { invalid, required } from './causes.ts';
import { qualifiedName } from './names.ts';
import { quantityProblems } from './quantities.ts';

/** What is wrong with a container's requests and limits. */
export function resourceProblems(resources: Json, field: string): readonly StatusCause[] {
  const [limits, requests] = [objectAt(resources, 'limits'), objectAt(resources, 'requests')];
  return [
    ...amountProblems(limits, `${field}.limits`),
    ...amountProblems(requests, `${field}.requests`),
    ...Object.entries(requests).flatMap(([resource, request]) => requestProblems({ resource, request, limits, field })),
  ];
}

function amountProblems(amounts: Json, field: string): readonly StatusCause[] {
  return Object.entries(amounts).flatMap(([resource, value]) => {
    const at = `${field}[${resource}]`;
    const names = qualifiedName(resource).map((problem) => invalid(at, resource, problem));
    return [...names, ...quantityProblems(value, at)];
  });
}

interface Request {
  readonly resource: string;
  readonly request: unknown;
  readonly limits: Json;
  readonly field: string;
}

function requestProblems({ resource, request, limits, field }: Request): readonly StatusCause[] {
  const limit = limits[resource];
  const whole = isExtended(resource);
  if (limit === undefined) {
    return whole ? [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')] : [];
  }
  const [asked, most] = [findQuantity(`${request}`)?.nano, findQuantity(`${limit}`)?.nano];
  if (asked === undefined || most === undefined || (whole ? asked === most : asked <= most)) return [];
  const relation = whole ? 'must be equal to' : 'must be less than or equal to';
  return [invalid(`${field}.requests`, request, `${relation} ${resource} limit of ${limit}`)];
}

/** Devices and the like cannot be promised twice: what a node offers under a domain of its own, and huge pages. */
function isExtended(resource: string): boolean {
  return resource.startsWith('hugepages-') || (resource.includes('/') && !resource.includes('kubernetes.io/'));
}
