import type { KubeObject } from '../api/objects.ts';
import type { Encryption, HostProfile } from '../physics/host.ts';

/** One API request as the router made it out. */
export interface ApiCall {
  /** Kubernetes verb: get, list, watch, create, update, patch, delete, deletecollection, or the HTTP method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly username: string;
  readonly userAgent: string;
}

/** On which side of its effect a request is held. */
export type Side = 'before' | 'after';

/** What happens to an API request instead of, or beside, its real answer. */
export type ApiFault =
  | {
      readonly do: 'status';
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    }
  | { readonly do: 'delay'; readonly ms: number }
  /** Closes the connection: at once, or in the middle of the body. */
  | { readonly do: 'cut'; readonly afterBytes?: number }
  /** Stands still on one side of its effect; Infinity and nothing mean: until it is released. */
  | { readonly do: 'hold'; readonly side: Side; readonly forMs?: number }
  /** Answers a read with an older state. */
  | { readonly do: 'stale'; readonly byVersions: number }
  /** Ends a watch with 410 Gone. */
  | { readonly do: 'expire' };

/**
 * What happens to the SSH connection. Durations are of the wall clock, because the client's own patience is;
 * Infinity means for ever.
 */
export type ConnectionFault =
  /** Nobody listens any more; open connections stay. */
  | { readonly do: 'refuse'; readonly forMs?: number }
  | { readonly do: 'wrong-key' }
  /** Open connections break; with `forMs` nobody listens so long afterwards. */
  | { readonly do: 'cut'; readonly afterBytes?: number; readonly forMs?: number }
  /** Connections stay open, but nothing moves in either direction. */
  | { readonly do: 'freeze'; readonly afterBytes?: number; readonly forMs?: number };

/** How a guest of one kind lies. Each part can lie alone. Absent parts tell the truth. */
export interface GuestScript {
  /** What the silicon really does to the guest's memory. */
  readonly really?: Encryption;
  /** What the guest's kernel log claims. */
  readonly kernelClaims?: Encryption;
  /** What the live domain XML shows. */
  readonly xmlClaims?: Encryption;
  readonly console?: 'silent' | 'no-login' | 'garbage' | 'panic';
  /** The phase in which the VMI stays for ever. */
  readonly stuckIn?: 'Pending' | 'Scheduling' | 'Scheduled';
  readonly bootMs?: number;
}

/** How a controller misbehaves. */
export interface ControllerScript {
  readonly behaviour?: 'never-ready' | 'crash-loop' | 'absent' | 'image-pull-fails';
  readonly delayMs?: number;
  /** Node labels that the labeller writes in place of the right ones; null leaves the label out. */
  readonly nodeLabels?: Readonly<Record<string, string | null>>;
}

/** What is so before anybody comes: certificates that end, a kubeconfig of another user, what others left or installed. */
export interface Standing {
  readonly daysLeft: Readonly<Partial<Record<'cluster-ca' | 'api-server' | 'kubelet' | 'admin', number>>>;
  /** Whom the kubeconfig's certificate names; undefined: the administrator. */
  readonly user?: { readonly name: string; readonly groups: readonly string[] };
  /** The kubeconfig has a service account's token in place of a certificate. */
  readonly token?: { readonly daysLeft: number };
  readonly objects: readonly KubeObject[];
  /** Those of the objects that were deleted again. */
  readonly deleted: readonly KubeObject[];
  /** Operator manifests of the mirror that are spoilt, by version. */
  readonly manifests: Readonly<Record<string, 'an error page' | 'truncated' | 'another version' | 'missing'>>;
  /** Version of a KubeVirt that somebody else has installed. */
  readonly kubevirt?: string;
}

/**
 * Plays a scenario: every part of the simulator asks it at the moments where a scenario may interfere, and tells it
 * what has happened, because a trigger may wait for that.
 */
export interface Director {
  readonly name: string;
  /** Asked once, when the host is made. */
  standing(): Standing;
  /** The profile after the scenario's overrides. */
  host(profile: HostProfile): HostProfile;
  /** A file as the host shows it: null means absent. */
  hostFile(path: string, content: string | undefined): string | null | undefined;
  /** Asked once for each request; the fault's own count and trigger are taken care of here. */
  api(call: ApiCall): ApiFault | undefined;
  /** Hears the faults that strike the host's SSH server as a whole, now or later; returns how to stop listening. */
  connection(listener: (fault: ConnectionFault) => void): () => void;
  /** Asked once for each connection that a client makes. */
  onConnect(): ConnectionFault | undefined;
  /** `kind` as the VMI asks for it. */
  guest(kind: Encryption): GuestScript;
  /** `version` is the tag of the program's image, of those that have one. */
  controller(name: string, version?: string): ControllerScript;
  /** Something happened, e.g. `guest sev booting`, `vmi sev-1 Running`, `kubevirt Deployed`: triggers may wait for it. */
  happened(event: string): void;
}
