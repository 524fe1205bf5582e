import type { Call } from '../call.ts';
import type { ApiResponse } from '../request.ts';
import { notFound, serviceUnavailable } from '../status.ts';

/** `/proxy` of a service: whatever listens behind it answers. @throws ApiError 404 or 503. */
export function answerServiceProxy({ core, info, type }: Call): ApiResponse {
  // A service may be named `scheme:name:port`.
  const parts = info.name.split(':');
  const name = parts.length === 3 ? (parts[1] ?? '') : (parts[0] ?? '');
  const backend = type.plural === 'services' ? core.network.service(info.namespace, name) : undefined;
  const service = core.store.get({ resource: type.plural, namespace: info.namespace, name });
  if (service === undefined || backend?.serve === undefined) {
    // An address without endpoints is looked up as if the service itself were missing.
    if (type.plural === 'services') throw notFound(type, name);
    throw serviceUnavailable(`no endpoints available for ${type.plural.slice(0, -1)} ${JSON.stringify(name)}`);
  }
  const { serve } = backend;
  return {
    type: 'hand-over',
    serve: (request, response) => {
      request.url = `/${info.rest}${info.query.size > 0 ? `?${info.query}` : ''}`;
      serve(request, response);
    },
  };
}
