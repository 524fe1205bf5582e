import type { ApiResponse } from './request.ts';

const CHECKS = [
  'ping',
  'log',
  'etcd',
  'etcd-readiness',
  'informer-sync',
  'poststarthook/start-apiserver-admission-initializer',
  'poststarthook/generic-apiserver-start-informers',
  'poststarthook/priority-and-fairness-config-consumer',
  'poststarthook/priority-and-fairness-filter',
  'poststarthook/storage-object-count-tracker-hook',
  'poststarthook/start-apiextensions-informers',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/crd-informer-synced',
  'poststarthook/start-system-namespaces-controller',
  'poststarthook/start-cluster-authentication-info-controller',
  'poststarthook/start-kube-apiserver-identity-lease-controller',
  'poststarthook/start-kube-apiserver-identity-lease-garbage-collector',
  'poststarthook/start-legacy-token-tracking-controller',
  'poststarthook/start-service-ip-repair-controllers',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
  'poststarthook/priority-and-fairness-config-producer',
  'poststarthook/bootstrap-controller',
  'poststarthook/start-kubernetes-service-cidr-controller',
  'poststarthook/aggregator-reload-proxy-client-cert',
  'poststarthook/start-kube-aggregator-informers',
  'poststarthook/apiservice-status-local-available-controller',
  'poststarthook/apiservice-status-remote-available-controller',
  'poststarthook/apiservice-registration-controller',
  'poststarthook/apiservice-discovery-controller',
  'poststarthook/kube-apiserver-autoregistration',
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
  'shutdown',
];

// What each of the three looks at beside the hooks.
const ONLY_READY = new Set(['etcd-readiness', 'informer-sync', 'shutdown']);

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };
const NO_SNIFF = { ...TEXT, 'x-content-type-options': 'nosniff' };

/** Answers /healthz, /livez and /readyz with their single checks; undefined for other paths. A simulated server is always well. */
export function healthAnswer(path: string, query: URLSearchParams): ApiResponse | undefined {
  const found = /^\/(healthz|livez|readyz)(?:\/(.+?))?\/?$/.exec(path);
  if (found === null) return undefined;
  const [, endpoint = '', check] = found;
  const checks = checksOf(endpoint);
  if (check !== undefined) {
    return checks.includes(check) ? { type: 'text', status: 200, headers: TEXT, text: 'ok' } : pageNotFound();
  }
  if (!query.has('verbose')) return { type: 'text', status: 200, headers: NO_SNIFF, text: 'ok' };
  const excluded = query.getAll('exclude');
  const lines = checks.map((name) => `[+]${name} ${excluded.includes(name) ? 'excluded: ' : ''}ok\n`);
  return { type: 'text', status: 200, headers: NO_SNIFF, text: `${lines.join('')}${endpoint} check passed\n` };
}

function checksOf(endpoint: string): readonly string[] {
  return endpoint === 'readyz' ? CHECKS : CHECKS.filter((check) => !ONLY_READY.has(check));
}

/** The answer to a path that nobody serves. */
export function pageNotFound(): ApiResponse {
  return { type: 'text', status: 404, headers: NO_SNIFF, text: '404 page not found\n' };
}
