import type { KubeObject } from '../../kube/objects.ts';
import { RUN_LABEL } from '../../kube/sweep.ts';
import { SEV_GATE, sevGateOff } from '../../kubevirt/gate.ts';
import { countOf } from '../../kubevirt/quantity.ts';
import {
  isNewer,
  type KubevirtVersion,
  nodeLabelValue,
  parseKubevirtVersion,
  technologiesOf,
} from '../../kubevirt/versions.ts';
import type { HostFacts } from '../../model/host-facts.ts';
import { type Technology, technologyName } from '../../model/technology.ts';
import { type Check, fatal, type Judgement, note, ok, unread, warning } from '../check.ts';
import { few, listAt, textAt, textsAt } from './fields.ts';
import { kubernetesMinors, unfitFor } from './kubevirt-support.ts';
import { nodeUnderTest } from './node.ts';
import { judged } from './reading.ts';
import type { ClusterReadings, ClusterWish } from './readings.ts';

const LABELS: Readonly<Record<Technology, string>> = {
  sev: 'kubevirt.io/sev',
  'sev-es': 'kubevirt.io/sev-es',
  'sev-snp': 'kubevirt.io/sev-snp',
};

/** KubeVirt: whether it is there, whose it is, and whether its version can do it. */
export const KUBEVIRT_CHECKS: readonly Check<ClusterReadings>[] = [
  {
    id: 'kubevirt-present',
    group: 'cluster',
    title: 'the KubeVirt in the cluster is the one to test',
    expected: 'none where one is to be installed, or one of the wanted version with the gate on',
    why: "somebody else's KubeVirt is never replaced and never taken away",
    judge: ({ kubevirtDefinition, kubevirts, wish }) =>
      judged(kubevirtDefinition, 'definition kubevirts.kubevirt.io', (definition) =>
        judged(kubevirts, '/apis/kubevirt.io/v1/kubevirts', (all) => judgePresent(definition, all, wish)),
      ),
  },
  {
    id: 'kubevirt-version',
    group: 'cluster',
    title: "KubeVirt's version can do what is asked of it",
    expected: 'a release without a known fault for SEV, made for this Kubernetes',
    why: 'v1.5.0 to v1.5.2 cannot schedule any SEV guest, and SEV-SNP came with v1.7',
    judge: ({ kubevirts, wish, version }) =>
      judged(kubevirts, '/apis/kubevirt.io/v1/kubevirts', (all) => {
        const present = all.find((one) => one.metadata.labels?.[RUN_LABEL] === undefined);
        const named = wish.build === undefined ? parseKubevirtVersion(observed(present) ?? '') : undefined;
        const chosen = wish.kubevirt ?? named;
        const from = wish.kubevirt === undefined ? "the KubeVirt's status.observedKubeVirtVersion" : '--kubevirt';
        if (chosen === undefined && wish.build !== undefined)
          return note(`told by the manifest only, of ${wish.build}`, '--kubevirt');
        if (chosen === undefined)
          return unread('no version is known', from, 'name one with --kubevirt, or look at kubectl get kubevirt -A');
        const server = 'value' in version ? version.value : '';
        const judgement = judgeVersion(chosen, { from, require: wish.require, server });
        const isFine = judgement.verdict === 'ok' || judgement.verdict === 'note';
        return (isFine && wish.upgradeFrom && judgeUpgrade(wish.upgradeFrom, chosen)) || judgement;
      }),
  },
  {
    id: 'sev-devices',
    group: 'cluster',
    title: "KubeVirt's labels and devices agree with the host",
    expected: 'a label of the right value and devices for every technology that the host has, and for no other',
    why: 'a label that lies sends guests to a node that cannot start them, or keeps them pending',
    judge: ({ kubevirts, nodes, wish, host }) =>
      judged(kubevirts, '/apis/kubevirt.io/v1/kubevirts', (all) =>
        judged(nodeUnderTest(nodes, wish.node ?? host?.hostname), '/api/v1/nodes', (node) => {
          const present = all.find((one) => one.metadata.labels?.[RUN_LABEL] === undefined);
          const from = "the node's labels kubevirt.io/sev* and allocatable devices.kubevirt.io/*";
          if (present === undefined) return ok('none yet: there is no KubeVirt', from);
          return judgeLabels(node, { host, version: parseKubevirtVersion(observed(present) ?? ''), from });
        }),
      ),
  },
];

function judgePresent(
  definition: KubeObject | undefined,
  all: readonly KubeObject[],
  { kubevirt, build, reports = kubevirt?.text }: ClusterWish,
): Judgement {
  const from = 'definition kubevirts.kubevirt.io, and kubevirts';
  const foreign = all.filter((one) => one.metadata.labels?.[RUN_LABEL] === undefined);
  const [present] = foreign;
  if (present === undefined) {
    const wanted = build ?? reports;
    if (wanted === undefined)
      return fatal(
        'the cluster has no KubeVirt, and none is to be installed',
        from,
        'name a version with --kubevirt, e.g. --kubevirt v1.9.0',
      );
    if (all.length > 0) return ok('only one that an earlier run left, which is swept', from);
    const isHalf = definition !== undefined && definition.metadata.labels?.[RUN_LABEL] === undefined;
    const action = 'look who takes it away or brings it: kubectl get crd,deployments -A | grep kubevirt';
    return isHalf
      ? fatal('half a KubeVirt: its definitions without a KubeVirt', from, action)
      : ok(`none: ${wanted} is to be installed`, from);
  }
  const { namespace = '', name = '' } = present.metadata;
  const there =
    observed(present) ?? textAt(present, 'status', 'targetKubeVirtVersion') ?? 'a KubeVirt that is not ready';
  if (reports !== undefined && there !== reports) {
    const action = 'test it as it is with --kubevirt existing, or uninstall it first';
    return fatal(`the cluster already has ${there} in ${namespace}, not ${reports}`, from, action);
  }
  const version = parseKubevirtVersion(there);
  const gates = {
    featureGates: listAt(present, ...DEVELOPER, 'featureGates'),
    disabledFeatureGates: listAt(present, ...DEVELOPER, 'disabledFeatureGates'),
  };
  const off = version === undefined ? undefined : sevGateOff(gates, version);
  if (off !== undefined) return fatal(`${off.problem} in KubeVirt ${namespace}/${name}`, from, off.fix);
  const phase = textAt(present, 'status', 'phase') ?? '(none)';
  if (phase !== 'Deployed')
    return warning(`${there} in ${namespace} is in phase ${phase}`, from, 'look at the log of virt-operator');
  if (build !== undefined) return note(`${there} in ${namespace}: its manifest will tell whether it is ${build}`, from);
  return reports === undefined
    ? ok(`${there} in ${namespace}`, from)
    : note(`${there} in ${namespace}, which somebody else installed: it is tested and stays`, from);
}

const DEVELOPER = ['spec', 'configuration', 'developerConfiguration'] as const;

interface VersionAsked {
  readonly from: string;
  readonly require: readonly Technology[] | undefined;
  readonly server: string;
}

function judgeVersion(version: KubevirtVersion, { from, require, server }: VersionAsked): Judgement {
  if (version.major === 1 && version.minor === 5 && version.patch < 3) {
    const read = `${version.text} cannot schedule any SEV guest: it labels nodes with "" and selects "true"`;
    return fatal(read, from, 'take v1.5.3 or later');
  }
  const lacking = (require ?? []).filter((technology) => !technologiesOf(version).includes(technology));
  if (lacking.length > 0) {
    const read = `KubeVirt ${version.text} has no ${lacking.map(technologyName).join(' and ')}`;
    return fatal(read, from, 'test a later KubeVirt, or leave it out of --require');
  }
  const unfit = unfitFor(version, server);
  if (unfit !== undefined) return warning(unfit.why, from, unfit.action);
  const minors = kubernetesMinors(version);
  const minor = /^v?(1\.\d+)/.exec(server)?.[1];
  if (minors === undefined) return note(`${version.text}, of which nothing is known here`, from);
  if (minor !== undefined && !minors.includes(minor)) {
    const read = `${version.text} was made for Kubernetes ${minors.join(', ')}, and the cluster has ${minor}`;
    return warning(read, from, 'expect faults that are of the pair and not of KubeVirt');
  }
  return ok(`${version.text}, made for Kubernetes ${minors.join(', ')}`, from);
}

/** KubeVirt is tested from one minor release to the next; nothing promises another way. Source: its docs/updates.md. */
function judgeUpgrade(first: KubevirtVersion, last: KubevirtVersion): Judgement | undefined {
  const from = '--kubevirt-upgrade-from';
  if (isNewer(first, last)) {
    const read = `${last.text} is older than ${first.text}: KubeVirt rolls back, its API first, and nobody promises that it can`;
    return warning(read, from, 'expect it to fail where the older one does not know how objects are stored');
  }
  if (first.major !== last.major || last.minor - first.minor <= 1) return undefined;
  const read = `from ${first.text} to ${last.text} leaves out ${last.minor - first.minor - 1} minor releases`;
  return warning(read, from, 'upgrade from the minor release before: KubeVirt tests only that');
}

interface LabelsAsked {
  readonly host: HostFacts | undefined;
  readonly version: KubevirtVersion | undefined;
  readonly from: string;
}

function judgeLabels(node: KubeObject, { host, version, from }: LabelsAsked): Judgement {
  const labels = textsAt(node, 'metadata', 'labels');
  const devices = countOf(textsAt(node, 'status', 'allocatable'), 'devices.kubevirt.io/sev');
  if (host === undefined)
    return unread('the host was not read, so there is nothing to compare with', from, 'give --ssh');
  const possible = version === undefined ? [] : technologiesOf(version);
  const wrong = possible.flatMap((technology) => {
    const value = labels[LABELS[technology]];
    const { given, cause, readFrom } = host.support[technology];
    if (given === 'yes' && value === undefined)
      return [`${LABELS[technology]} is missing, yet the host has it (${readFrom})`];
    // What only the firmware refuses, libvirt does not know, and the label follows libvirt.
    if (given === 'no' && cause !== 'firmware' && value !== undefined)
      return [`${LABELS[technology]} is there, yet the host cannot (${readFrom})`];
    const right = version === undefined ? value : nodeLabelValue(version);
    return value !== undefined && value !== right ? [`${LABELS[technology]} is "${value}", not "${right}"`] : [];
  });
  const action = 'restart virt-handler on the node: it reads the host only once, when it starts';
  if (wrong.length > 0) return warning(few(wrong, 2), from, action);
  if (host.support.sev.given === 'yes' && devices === 0)
    return warning(
      'devices.kubevirt.io/sev is 0, yet the host has SEV',
      from,
      `switch the gate ${SEV_GATE} on, then ${action}`,
    );
  return ok(`agree; ${devices} devices`, from);
}

function observed(kubevirt: KubeObject | undefined): string | undefined {
  return textAt(kubevirt, 'status', 'observedKubeVirtVersion');
}
