import type { Expiry } from '../../kube/access.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import { type Check, fatal, type Judgement, note, ok, warning } from '../check.ts';
import { judged } from './reading.ts';
import type { ClusterReadings, Credentials } from './readings.ts';

const DAY_MS = 86_400_000;
/** Time enough to renew something without a hurry. */
const WARN_DAYS = 30;
const LASTS = `valid for ${WARN_DAYS} days more`;
const RENEW_ON_NODE = 'kubeadm certs renew all on the node, then restart the control plane';

/** The kubeconfig, and whatever in it or behind it ends by itself. */
export const CERTIFICATE_CHECKS: readonly Check<ClusterReadings>[] = [
  {
    id: 'kubeconfig',
    group: 'cluster',
    title: 'the kubeconfig can be used',
    expected: 'a kubeconfig with a server, its CA and a user',
    why: 'without it nobody knows where the API is and who we are there',
    judge: ({ credentials }) =>
      'unread' in credentials
        ? fatal(credentials.unread, 'kubeconfig', credentials.action)
        : ok(`${credentials.value.place}, server ${credentials.value.server}`, 'kubeconfig'),
  },
  {
    id: 'client-certificate',
    group: 'cluster',
    title: 'the client certificate lasts',
    expected: LASTS,
    why: 'an expired one is refused like a stranger, in the middle of a run too',
    judge: (facts) =>
      judged(facts.credentials, 'kubeconfig', (credentials) => {
        const from = `client certificate in ${credentials.place}`;
        const [end] = endsOf(credentials, 'client certificate');
        if (end === undefined) return ok('none is in use', from);
        return judgeEnd(end.at, facts, from, `${RENEW_ON_NODE}, and take the new /etc/kubernetes/admin.conf`);
      }),
  },
  {
    id: 'token-expiry',
    group: 'cluster',
    title: "the service account's token lasts",
    expected: LASTS,
    why: 'an expired token once kept a SEV lane out for seven days, without a pod or a log',
    judge: (facts) =>
      judged(facts.credentials, 'kubeconfig', (credentials) => {
        const from = `token in ${credentials.place}, its own exp`;
        const [end] = endsOf(credentials, 'token');
        if (end === undefined) return credentials.hasToken ? note('it tells no end', from) : ok('none is in use', from);
        const action = 'make a new one, kubectl create token ACCOUNT --duration=8760h, and put it into the kubeconfig';
        return judgeEnd(end.at, facts, from, action);
      }),
  },
  {
    id: 'ca-certificate',
    group: 'cluster',
    title: "the cluster's CA lasts",
    expected: LASTS,
    why: 'when it ends, everything that it signed ends with it',
    judge: (facts) =>
      judged(facts.credentials, 'kubeconfig', (credentials) => {
        const from = `certificate-authority in ${credentials.place}`;
        // Of a bundle the last one counts: the others are there for a change of CA.
        const end = endsOf(credentials, 'cluster CA').reduce<Expiry | undefined>(later, undefined);
        if (end === undefined) return note('none is given: the authorities that Node trusts decide', from);
        return judgeEnd(end.at, facts, from, "renew the cluster's CA by hand: kubeadm does not");
      }),
  },
  {
    id: 'api-certificate',
    group: 'cluster',
    title: "the API server's certificate lasts",
    expected: LASTS,
    why: 'an expired one once kept a SEV lane out for ten days',
    judge: (facts) =>
      judged(facts.apiCertificate, 'TLS handshake with the API server through the node', (presented) => {
        const from = `certificate ${presented.subject} by ${presented.issuer}, as the API server presents it`;
        return judgeEnd(presented.validTo, facts, from, RENEW_ON_NODE);
      }),
  },
  {
    id: 'kubelet-certificate',
    group: 'cluster',
    title: "the kubelet's serving certificate lasts",
    expected: LASTS,
    why: 'the API server speaks to it for every exec, log and console',
    judge: (facts) =>
      judged(facts.kubeletCertificate, "TLS handshake with the node's port 10250", (presented) => {
        const from = `certificate ${presented.subject} by ${presented.issuer}, as the kubelet presents it`;
        const action = 'renew it on the node: remove /var/lib/kubelet/pki/kubelet.* and restart the kubelet';
        const judgement = judgeEnd(presented.validTo, facts, from, action);
        // One that the kubelet signed for itself is verified by nobody, so the lane runs on with it.
        const isOwn = /-ca@\d+$/.test(presented.issuer);
        return judgement.verdict === 'fatal' && isOwn ? { ...judgement, verdict: 'warning' } : judgement;
      }),
  },
];

function endsOf({ expiries }: Credentials, subject: string): readonly Expiry[] {
  return expiries.filter((expiry) => expiry.subject === subject);
}

function later(one: Expiry | undefined, other: Expiry): Expiry {
  return one === undefined || other.at > one.at ? other : one;
}

function judgeEnd(at: Date, { now, wish }: ClusterReadings, from: string, action: string): Judgement {
  const leftMs = at.getTime() - now.getTime();
  const days = Math.floor(Math.abs(leftMs) / DAY_MS);
  const end = at.toISOString().replace('.000Z', 'Z');
  if (leftMs <= 0)
    return fatal(
      `expired at ${end}, ${days === 0 ? 'today' : counted(days)} ago`.replace('today ago', 'less than a day ago'),
      from,
      action,
    );
  if (leftMs < wish.runMs)
    return fatal(`ends at ${end}, within the time of one run (${spokenTime(wish.runMs)})`, from, action);
  const left = `${days === 0 ? 'less than a day' : counted(days)} left, until ${end}`;
  return days < WARN_DAYS ? warning(left, from, action) : ok(left, from);
}

function counted(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}
