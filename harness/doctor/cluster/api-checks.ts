import { RUN_LABEL } from '../../kube/sweep.ts';
import { type Check, fatal, type Judgement, note, ok, unread, warning } from '../check.ts';
import { conditionOf, few, nameOf, textAt } from './fields.ts';
import { nodeUnderTest } from './node.ts';
import { judged, type Reading } from './reading.ts';
import type { ClusterReadings, Health } from './readings.ts';
import { type Right, rightText } from './rights.ts';

/** The API server: there, well, and willing. */
export const API_CHECKS: readonly Check<ClusterReadings>[] = [
  {
    id: 'kubernetes-api',
    group: 'cluster',
    title: 'the Kubernetes API answers',
    expected: 'a server whose certificate the kubeconfig vouches for, of the wanted version',
    why: 'everything that the lane does goes through it',
    judge: ({ version, wish, credentials, apiCertificate, now }) => {
      const from = '/version through the node';
      if ('unread' in credentials) return unread('nobody knows where it is', from, credentials.action);
      if ('unread' in version) {
        // What the certificate's own row tells is not told twice.
        const isExpired = 'value' in apiCertificate && apiCertificate.value.validTo <= now;
        return isExpired
          ? unread('not reached: its certificate has expired', from, version.action)
          : fatal(version.unread, from, version.action);
      }
      if (isWanted(version.value, wish.kubernetes)) return ok(version.value, from);
      const action = 'name its own version with --kubernetes, or leave it out';
      return fatal(`the cluster runs Kubernetes ${version.value}, not ${wish.kubernetes}`, from, action);
    },
  },
  {
    id: 'api-ready',
    group: 'cluster',
    title: 'the API server calls itself ready',
    expected: 'all of its own checks pass',
    why: 'a server without its storage or its controllers loses what the lane asks for',
    judge: ({ ready }) => judgeHealth(ready, 'readyz'),
  },
  {
    id: 'api-live',
    group: 'cluster',
    title: 'the API server calls itself alive',
    expected: 'all of its own checks pass',
    why: 'one that is not is about to be restarted',
    judge: ({ live }) => judgeHealth(live, 'livez'),
  },
  {
    id: 'api-identity',
    group: 'cluster',
    title: 'the API server accepts our credentials',
    expected: 'a user with a name',
    why: 'a revoked certificate or a token of another cluster shows only here',
    judge: ({ identity }) =>
      judged(identity, 'SelfSubjectReview', ({ username, groups }) =>
        username === 'system:anonymous'
          ? fatal('we are nobody: system:anonymous', 'SelfSubjectReview', 'get a fresh kubeconfig of this cluster')
          : ok(`${username}${groups.length === 0 ? '' : ` of ${few(groups)}`}`, 'SelfSubjectReview'),
      ),
  },
  {
    id: 'api-rights',
    group: 'cluster',
    title: 'we may do what a run does',
    expected: 'every verb that a run needs is allowed, as cluster-admin has them',
    why: 'a right that is missing shows in the middle of the installation else, with half of it made',
    judge: ({ missingRights }) =>
      judged(missingRights, 'SelfSubjectAccessReviews', (missing) => {
        const from = 'SelfSubjectAccessReviews';
        if (missing.length === 0) return ok('all of them are allowed', from);
        const needed = missing.filter(({ otherwise }) => otherwise === undefined);
        if (needed.length === 0) return note(poorer(missing), from);
        const action = `bind the user of the kubeconfig to cluster-admin; it lacks: ${missing.map(rightText).join(', ')}`;
        return fatal(`missing: ${few(needed.map(rightText), 3)}`, from, action);
      }),
  },
  {
    id: 'version-skew',
    group: 'cluster',
    title: 'kubelet and API server are of versions that fit',
    expected: 'the kubelet is not newer than the server, and at most three minors older',
    why: 'Kubernetes supports no other pair: pods stay pending for reasons that nobody tells',
    judge: ({ version, nodes, wish, host }) =>
      judged(version, '/version', (server) =>
        judged(nodeUnderTest(nodes, wish.node ?? host?.hostname), '/api/v1/nodes', (node) => {
          const from = "/version and the node's status.nodeInfo";
          const kubelet = textAt(node, 'status', 'nodeInfo', 'kubeletVersion');
          const [one, other] = [minorOf(server), minorOf(kubelet)];
          const read = `server ${server}, kubelet ${kubelet ?? 'of no version'}`;
          if (one === undefined || other === undefined) return unread(read, from, 'look at kubectl get nodes -o wide');
          if (other > one) return warning(`${read}: the kubelet is newer`, from, 'upgrade the control plane first');
          return one - other > 3
            ? warning(`${read}: ${one - other} minors apart`, from, 'upgrade the kubelet')
            : ok(read, from);
        }),
      ),
  },
  {
    id: 'api-services',
    group: 'cluster',
    title: 'every aggregated API answers',
    expected: 'all APIServices are Available',
    why: 'one dead API keeps every namespace from being deleted, so the run could not give the node back',
    judge: ({ apiServices }) =>
      judged(apiServices, '/apis/apiregistration.k8s.io/v1/apiservices', (all) => {
        const from = 'apiservices, condition Available';
        const dead = all.filter((one) => textAt(conditionOf(one, 'Available'), 'status') === 'False');
        // What an earlier run left behind is swept before anything else.
        const foreign = dead.filter(({ metadata }) => metadata.labels?.[RUN_LABEL] === undefined);
        const action = 'bring its service back, or delete the APIService: kubectl delete apiservice NAME';
        const names = foreign.map(
          (one) => `${nameOf(one)} (${textAt(conditionOf(one, 'Available'), 'reason') ?? 'no reason'})`,
        );
        if (foreign.length > 0) return fatal(`not available: ${few(names)}`, from, action);
        if (all.length === 0)
          return unread('the list is empty, which it never is', from, 'look at kubectl get apiservices');
        return dead.length > 0
          ? note(`not available, left by an earlier run: ${few(dead.map(nameOf))}`, from)
          : ok(`${all.length} available`, from);
      }),
  },
];

/** `v1.34` accepts every patch and build of it. */
function isWanted(found: string, wanted: string | undefined): boolean {
  return wanted === undefined || `${found.replace(/[+-].*/, '')}.`.startsWith(`${wanted}.`);
}

function judgeHealth(reading: Reading<Health>, endpoint: string): Judgement {
  const from = `/${endpoint}?verbose`;
  return judged(reading, from, ({ status, text }) => {
    const lines = text.split('\n');
    const passed = lines.filter((line) => line.startsWith('[+]')).length;
    const failed = lines.flatMap((line) => /^\[-\](\S+)/.exec(line)?.[1] ?? []);
    const action = 'read the log of the API server on the node: crictl logs, or journalctl -u k3s';
    if (failed.length > 0) return fatal(`failed: ${few(failed)}`, from, action);
    if (status !== 200 || passed === 0 || !text.includes(`${endpoint} check passed`))
      return unread(`the answer is not that of a health check: ${text.slice(0, 80)}`, from, action);
    return ok(`${passed} checks passed`, from);
  });
}

function minorOf(version: string | undefined): number | undefined {
  const minor = /^v?1\.(\d+)/.exec(version ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** `a run does not compare ... (list *.*)`, each consequence once. */
function poorer(missing: readonly Right[]): string {
  const told = [...new Set(missing.map(({ otherwise = '' }) => otherwise))].map((otherwise) => {
    const rights = missing.filter((right) => right.otherwise === otherwise).map(rightText);
    return `${otherwise} (no right to ${rights.join(', ')})`;
  });
  return `enough, but a run ${told.join('; ')}`;
}
