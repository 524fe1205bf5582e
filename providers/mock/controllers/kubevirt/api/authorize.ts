import type { IncomingMessage } from 'node:http';
import type { Component } from '../../component.ts';
import type { Loose } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { remoteUser, type SubresourceRequest } from './requests.ts';

const VERBS: Readonly<Record<string, string>> = { GET: 'get', PUT: 'update', POST: 'create', DELETE: 'delete' };

/** Why virt-api lets this user not do that, after the API server has let it pass; undefined: allowed. Source: rest/authorizer.go. */
export async function denial(
  { rest }: Component,
  request: IncomingMessage,
  { version, namespace, resource, name, subresource }: SubresourceRequest,
): Promise<string | undefined> {
  const { user, groups, extra } = remoteUser(request);
  if (user === '') return 'a valid user header is required for authorization';
  const verb = VERBS[request.method ?? ''] ?? (request.method ?? '').toLowerCase();
  const resourceAttributes = {
    group: 'subresources.kubevirt.io',
    version,
    namespace,
    resource,
    name,
    subresource,
    verb,
  };
  const review = await rest.create<Loose>(pathTo(RESOURCES.subjectAccessReviews), {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, groups, extra, resourceAttributes },
  });
  if (review.status?.allowed === true) return undefined;
  return String(review.status?.reason ?? '');
}
