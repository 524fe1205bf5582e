import { duration, namespaceName, oneOf } from './parsers.ts';

/** How the cluster is shared with other runs. */
export const LEASE_ROWS = {
  'lease-namespace': {
    group: 'Lease',
    valueName: 'NAMESPACE',
    parse: namespaceName,
    default: 'kube-system',
    help: 'where the Lease `sevlane` is kept that gives one run at a time the cluster',
  },
  'lease-duration': {
    group: 'Lease',
    valueName: 'TIME',
    parse: duration(1000),
    default: '90s',
    help: 'how long a lease outlives a holder that died',
  },
  'lease-wait': {
    group: 'Lease',
    valueName: 'TIME',
    parse: duration(0),
    default: '10m',
    help: 'how long to queue for a cluster that another run holds; 0s tries once',
  },
  'lease-priority': {
    group: 'Lease',
    valueName: 'NAME',
    parse: oneOf('presubmit', 'periodic', 'developer'),
    help: 'place in the queue: presubmit before periodic before developer, then by arrival; default: as JOB_TYPE says in Prow, else developer',
  },
} as const;
