import type { Expiry } from '../../kube/access.ts';
import type { Lease } from '../../kube/lease/record.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { PresentedCertificate } from '../../kube/peek.ts';
import type { KubevirtVersion } from '../../kubevirt/versions.ts';
import type { HostFacts } from '../../model/host-facts.ts';
import type { Technology } from '../../model/technology.ts';
import type { FencingGround } from './fencing.ts';
import type { Reading } from './reading.ts';
import type { ImageAnswer } from './registry.ts';
import type { Right } from './rights.ts';

/** What the run is going to do in the cluster, as far as the checks ask for it. */
export interface ClusterWish {
  /** The release to install; undefined: whatever is there is tested, or `build`. */
  readonly kubevirt: KubevirtVersion | undefined;
  /** What the user named to be installed, where only its manifest will tell the version: `stable`, a path, a URL. */
  readonly build?: string | undefined;
  /** What the KubeVirt to install will call itself, where its images have another tag than its version. */
  readonly reports?: string | undefined;
  /** The release that is installed first and upgraded; undefined: none, or only its manifest tells. */
  readonly upgradeFrom?: KubevirtVersion | undefined;
  /** Kubernetes version that the cluster must have; undefined: any. */
  readonly kubernetes: string | undefined;
  readonly require: readonly Technology[] | undefined;
  /** KubeVirt's operator and the guest's disk. Undefined: the installed KubeVirt decides. */
  readonly images: readonly string[];
  readonly alwaysPulls: boolean;
  readonly leaseNamespace: string;
  readonly runId: string;
  /** Name of the cluster's node to test; undefined: the one that is the host. */
  readonly node: string | undefined;
  /** How long the run may take, all in all. */
  readonly runMs: number;
}

/** What the kubeconfig says about itself; no secret is in it. */
export interface Credentials {
  /** e.g. `context "admin" of /tmp/kubeconfig`. */
  readonly place: string;
  readonly server: string;
  readonly hasToken: boolean;
  readonly expiries: readonly Expiry[];
}

/** The answer of `/readyz` or `/livez`. */
export interface Health {
  readonly status: number;
  readonly text: string;
}

/** Who we are to the API server. */
export interface Identity {
  readonly username: string;
  readonly groups: readonly string[];
}

type Objects = Reading<readonly KubeObject[]>;

/** Everything that was read for the checks of the cluster, each with its own reason where it was not. */
export interface ClusterReadings {
  readonly now: Date;
  readonly wish: ClusterWish;
  /** Undefined when the host was not read. */
  readonly host: HostFacts | undefined;
  readonly credentials: Reading<Credentials>;
  readonly apiCertificate: Reading<PresentedCertificate>;
  /** The server's version, e.g. `v1.34.4`. */
  readonly version: Reading<string>;
  readonly ready: Reading<Health>;
  readonly live: Reading<Health>;
  readonly identity: Reading<Identity>;
  readonly missingRights: Reading<readonly Right[]>;
  readonly nodes: Objects;
  readonly kubeletCertificate: Reading<PresentedCertificate>;
  readonly daemonSets: Objects;
  readonly endpointSlices: Objects;
  readonly storageClasses: Objects;
  readonly webhooks: Objects;
  readonly namespaces: Objects;
  readonly apiServices: Objects;
  readonly quotas: Objects;
  readonly limits: Objects;
  /** Deployments, pods and definitions with the label of a run. */
  readonly labelled: Objects;
  readonly lease: Reading<Lease | undefined>;
  /** Whether the server could keep out a run that has lost its lease. */
  readonly fencing: Reading<FencingGround>;
  readonly kubevirtDefinition: Reading<KubeObject | undefined>;
  readonly kubevirts: Objects;
  readonly images: Reading<readonly ImageAnswer[]>;
}
