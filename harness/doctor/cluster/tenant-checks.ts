import { describeHolder, isFree, RUN_ANNOTATION } from '../../kube/lease/record.ts';
import { type KubeObject, objectKey } from '../../kube/objects.ts';
import { RUN_LABEL } from '../../kube/sweep.ts';
import { type Check, note, ok, warning } from '../check.ts';
import { few } from './fields.ts';
import { judged } from './reading.ts';
import type { ClusterReadings } from './readings.ts';
import { rightText } from './rights.ts';

/** Who else is, or was, on this cluster with a lane of ours. */
export const TENANT_CHECKS: readonly Check<ClusterReadings>[] = [
  {
    id: 'lease-holder',
    group: 'cluster',
    title: 'nobody else holds the cluster',
    expected: 'the Lease sevlane is free',
    why: 'one run at a time has the cluster: the next one queues for --lease-wait',
    judge: ({ lease, wish }) => {
      const from = `lease "sevlane" in namespace "${wish.leaseNamespace}"`;
      return judged(lease, from, (found) => {
        if (found === undefined) return ok('nobody ever held it', from);
        if (isFree(found)) return ok('free', from);
        return note(`held by ${describeHolder(found)}, renewed ${found.spec?.renewTime ?? 'at an unknown time'}`, from);
      });
    },
  },
  {
    id: 'fencing',
    group: 'cluster',
    title: 'the server can keep out a run that lost the lease',
    expected: 'ValidatingAdmissionPolicy v1 (Kubernetes 1.30 or newer), and the right to put one up',
    why: 'a run that was frozen past its lease may have a request on its way: the client alone cannot call it back',
    judge: ({ fencing, version }) => {
      const from = '/apis/admissionregistration.k8s.io/v1 and SelfSubjectAccessReviews';
      return judged(fencing, from, ({ isServed, missing }) => {
        const kubernetes = 'value' in version ? ` of Kubernetes ${version.value}` : '';
        if (!isServed) return note(`client-side fencing: the server${kubernetes} has no admission policies`, from);
        if (missing.length > 0) return note(`client-side fencing: no right to ${few(missing.map(rightText), 3)}`, from);
        return ok('fencing by the server too', from);
      });
    },
  },
  {
    id: 'leftovers',
    group: 'cluster',
    title: 'no earlier run has left anything behind',
    expected: `no object with the label ${RUN_LABEL}, but those of a run that holds the lease`,
    why: 'guests that nobody ends keep their ASIDs; the next run sweeps them, which takes its time',
    judge: ({ labelled, namespaces, kubevirts, lease }) =>
      judged(labelled, `objects with the label ${RUN_LABEL}`, (objects) =>
        judged(namespaces, '/api/v1/namespaces', (spaces) =>
          judged(kubevirts, '/apis/kubevirt.io/v1/kubevirts', (virts) => {
            const from = `namespaces, pods, deployments, definitions and kubevirts with the label ${RUN_LABEL}`;
            const holder = 'value' in lease ? lease.value?.metadata.annotations?.[RUN_ANNOTATION] : undefined;
            const all = [...objects, ...spaces, ...virts].filter((one) => runOf(one) !== undefined);
            const dead = all.filter((one) => runOf(one) !== holder);
            if (dead.length === 0) return ok(all.length === 0 ? 'none' : `${all.length}, of the run at work`, from);
            const runs = [...new Set(dead.map(runOf))];
            const read = `${dead.length} of run ${few(runs.map(String), 2)}: ${few(dead.map(objectKey), 3)}`;
            return warning(read, from, 'run the lane: it sweeps them first; look why that run was killed');
          }),
        ),
      ),
  },
];

function runOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[RUN_LABEL];
}
