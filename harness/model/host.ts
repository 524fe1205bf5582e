/** A TCP endpoint. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** How to prove to the node who we are. Key material stays in memory and never reaches a log. */
export type SshAuth =
  | { readonly kind: 'key'; readonly path: string; readonly privateKey: Buffer; readonly passphrase?: string }
  | { readonly kind: 'password'; readonly password: string };

/** How the node proves to us who it is: known_hosts files, read in order; nothing turns this off. */
export interface HostKeyPolicy {
  readonly knownHostsFiles: readonly string[];
}

/** A node that can be reached over SSH. */
export interface SshTarget extends HostPort {
  readonly user: string;
  readonly auth: readonly SshAuth[];
  readonly hostKeys: HostKeyPolicy;
}

/** Where the kubeconfig is found: a file here, or a file on the node that is read over SSH. */
export type KubeconfigSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'node'; readonly path: string };

/** What a provider's acquire() returns: an SEV node and the way to its cluster. */
export interface Host {
  readonly ssh: SshTarget;
  readonly kubeconfig: KubeconfigSource;
  /** Folder with `<version>/kubevirt-operator.yaml` and `kubevirt-cr.yaml`, for nodes without internet. */
  readonly manifestMirror?: string;
}
