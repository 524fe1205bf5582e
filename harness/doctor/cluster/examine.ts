import { type KubeAccess, serverUrl } from '../../kube/access.ts';
import { type Cluster, openCluster, readAccess, secretsOf } from '../../kube/connect.ts';
import { DIRECT } from '../../kube/direct.ts';
import { peekCertificate } from '../../kube/peek.ts';
import type { CheckResult } from '../../model/check.ts';
import type { Host } from '../../model/host.ts';
import type { HostFacts } from '../../model/host-facts.ts';
import type { OwnProcess } from '../../model/own-process.ts';
import type { Scope } from '../../scope/scope.ts';
import type { SshConnection } from '../../ssh/connection.ts';
import { judgeAll } from '../check.ts';
import { type ApiReadings, askApi } from './ask.ts';
import { CLUSTER_CHECKS } from './check-table.ts';
import { ask, notRead, type Unread } from './reading.ts';
import type { ClusterReadings, ClusterWish, Credentials } from './readings.ts';

/** What the examination starts from. */
export interface ClusterExamination {
  /** Undefined when the API is reached directly: what only the node sees is not read then. */
  readonly ssh: SshConnection | undefined;
  readonly host: Pick<Host, 'kubeconfig' | 'context'>;
  readonly runDir: string;
  readonly wish: ClusterWish;
  /** Undefined when the host was not read. */
  readonly facts: HostFacts | undefined;
  /** Hears every credential before anything is said. */
  readonly learn: (secret: string) => void;
  /** For the exec plugin of a kubeconfig. */
  readonly own: OwnProcess | undefined;
}

/** The checks, and the cluster itself when it could be reached: the lane goes on with that. */
export interface ExaminedCluster {
  readonly checks: readonly CheckResult[];
  readonly cluster: Cluster | undefined;
  /** What the questions took beyond reaching the cluster; 0 when it was not reached. */
  readonly askedMs: number;
}

/** Reaches the cluster and looks at everything there, all questions at once; nothing is changed. Throws only when the scope ends. */
export async function examineCluster(scope: Scope, examination: ClusterExamination): Promise<ExaminedCluster> {
  const { ssh, host, wish, facts, learn, runDir, own } = examination;
  const read = await readAccess(scope, ssh, host).then((access) => ({ value: access }), notRead);
  scope.signal.throwIfAborted();
  const common = { now: new Date(), wish, host: facts };
  if ('unread' in read)
    return { checks: judge({ ...common, ...nothing(read), credentials: read }), cluster: undefined, askedMs: 0 };
  const access = read.value;
  for (const secret of secretsOf(access)) learn(secret);
  const [apiCertificate, reached] = await Promise.all([
    ask(scope, (signal) => peekCertificate(ssh ?? DIRECT, { ...access.server, serverName: access.serverName }, signal)),
    // Its calls are bounded each by itself, and what it opens has to outlive this question.
    openCluster(scope, ssh, { access, runDir, runId: wish.runId, own, learn }).then(
      (cluster) => ({ value: cluster }),
      notRead,
    ),
  ]);
  scope.signal.throwIfAborted();
  const known = { ...common, credentials: { value: credentialsOf(access) }, apiCertificate };
  if ('unread' in reached) {
    const rest = nothing({ unread: 'the Kubernetes API was not reached', action: 'mend that first' });
    return { checks: judge({ ...rest, ...known, version: reached }), cluster: undefined, askedMs: 0 };
  }
  const { client, serverVersion } = reached.value;
  const startedAt = performance.now();
  const answers = await askApi(scope, { client, ssh, wish, hostname: facts?.hostname });
  const askedMs = Math.round(performance.now() - startedAt);
  const checks = judge({ ...known, ...answers, version: { value: serverVersion } });
  return { checks, cluster: reached.value, askedMs };
}

/** The rows of the cluster where nothing of it could be asked. */
export function clusterUnread(wish: ClusterWish, why: Unread): readonly CheckResult[] {
  return judgeAll(CLUSTER_CHECKS, { now: new Date(), wish, host: undefined, ...nothing(why) }).map((row) =>
    // Nobody tried: that is no verdict on the kubeconfig or the API.
    row.verdict === 'fatal' ? { ...row, verdict: 'unread' } : row,
  );
}

function judge(readings: ClusterReadings): readonly CheckResult[] {
  return judgeAll(CLUSTER_CHECKS, readings);
}

function credentialsOf(access: KubeAccess): Credentials {
  return {
    place: `context "${access.context}" of ${access.place}`,
    server: serverUrl(access),
    hasToken: access.token !== undefined,
    expiries: access.expiries,
  };
}

type Everything = Pick<ClusterReadings, 'credentials' | 'apiCertificate' | 'version'> & ApiReadings;

/** Every reading unread for one reason. */
function nothing(why: Unread): Everything {
  return {
    credentials: why,
    apiCertificate: why,
    version: why,
    ready: why,
    live: why,
    identity: why,
    missingRights: why,
    nodes: why,
    kubeletCertificate: why,
    daemonSets: why,
    endpointSlices: why,
    storageClasses: why,
    webhooks: why,
    namespaces: why,
    apiServices: why,
    quotas: why,
    limits: why,
    labelled: why,
    lease: why,
    fencing: why,
    kubevirtDefinition: why,
    kubevirts: why,
    images: why,
  };
}
