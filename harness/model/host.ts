/** A TCP endpoint. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** How to prove to the node who we are, in the order of trying. Key material stays in memory and never reaches a log. */
export type SshAuth =
  | { readonly kind: 'key'; readonly path: string; readonly privateKey: Buffer; readonly passphrase?: string }
  /** Keys that an agent holds; with `onlyKeys` (public keys in wire format) no others are offered: IdentitiesOnly. */
  | { readonly kind: 'agent'; readonly socket: string; readonly onlyKeys?: readonly Buffer[] }
  | { readonly kind: 'password'; readonly password: string };

/** How the node proves to us who it is. Nothing turns this off. */
export interface HostKeyPolicy {
  /** Read in order, the user's own files first. */
  readonly knownHostsFiles: readonly string[];
  /** The user's ssh_config asks to take any key, which is never done: told where a host is refused. */
  readonly isAnyKeyWanted?: true;
  /**
   * What happens to a host that no file knows, as StrictHostKeyChecking means it: `yes` (default) refuses,
   * `accept-new` takes it and writes it down, `ask` asks on a terminal. A changed or revoked key is always refused.
   */
  readonly mode?: 'yes' | 'accept-new' | 'ask';
  /** HostKeyAlias: the name under which the files know the host, instead of its address. */
  readonly alias?: string;
  /** `SHA256:...`: the one key that is taken, whatever the files say. */
  readonly pinned?: string;
}

/** Algorithms that the user chose, in order; absent lists are ours to choose. */
export interface SshAlgorithms {
  readonly ciphers?: readonly string[];
  readonly keyExchange?: readonly string[];
  readonly macs?: readonly string[];
  readonly hostKeys?: readonly string[];
}

/** A node that can be reached over SSH. */
export interface SshTarget extends HostPort {
  readonly user: string;
  /** What the user calls it, where that is not its address: a name of ssh_config. */
  readonly alias?: string;
  readonly auth: readonly SshAuth[];
  readonly hostKeys: HostKeyPolicy;
  /** Hosts to go through, the nearest first; each proves its own key and asks for its own credentials. */
  readonly jumps?: readonly SshTarget[];
  readonly algorithms?: SshAlgorithms;
  /** ConnectTimeout. */
  readonly connectWithinMs?: number;
  /** ServerAliveInterval and ServerAliveCountMax where the user set them: they may only make us notice a loss sooner. */
  readonly serverAlive?: { readonly intervalMs: number; readonly countMax: number };
  /** The words after `ssh` with which a person reaches this host by hand, for commands in hints. */
  readonly byHand?: readonly string[];
  /** Only for the transport that runs the system's ssh: the words that ssh itself is called with. */
  readonly openssh?: OpensshTarget;
}

/** How the system's `ssh` is called for this node: it reads its own configuration and holds its own credentials. */
export interface OpensshTarget {
  /** Path or name of the program. */
  readonly program: string;
  /** What the user wrote: an alias of ssh_config, or a host. */
  readonly destination: string;
  /** Options that follow from our own flags, e.g. `-F`, `-J`, `-o`; no secret is among them. */
  readonly args: readonly string[];
  /** Lines of ssh_config that hold for every host on the way, before the user's own: ssh hands no options on to its jumps. */
  readonly before?: readonly string[];
  /** The same behind the user's own, for what adds up. */
  readonly after?: readonly string[];
}

/** Where the kubeconfig is found: a file here, or the first readable one of some files on the node. */
export type KubeconfigSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'node'; readonly paths: readonly string[] };

/** What a provider's acquire() returns: an SEV node and the way to its cluster. */
export interface Host {
  /** Absent when only the API is reachable: nothing can be read of the host itself then. */
  readonly ssh?: SshTarget;
  readonly kubeconfig: KubeconfigSource;
  /** The kubeconfig's context; default its current one. */
  readonly context?: string;
  /** Name of the cluster's node to test; default the one that is the SSH host. */
  readonly node?: string;
  /** Folder with `<version>/kubevirt-operator.yaml` and `kubevirt-cr.yaml`, for nodes without internet. */
  readonly manifestMirror?: string;
}
