/** What a VMI says of its pod, in Kubernetes' own terms. */
export interface Probe {
  readonly exec?: { readonly command?: readonly string[] };
  readonly failureThreshold?: number;
  readonly guestAgentPing?: object;
  readonly httpGet?: object;
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly successThreshold?: number;
  readonly tcpSocket?: object;
  readonly timeoutSeconds?: number;
}

export interface DnsConfig {
  readonly nameservers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly { readonly name?: string; readonly value?: string }[];
}

export interface Affinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms: readonly NodeSelectorTerm[];
    };
    readonly [preferred: string]: unknown;
  };
  readonly podAntiAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly unknown[];
    readonly [preferred: string]: unknown;
  };
  readonly [other: string]: unknown;
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly unknown[];
  readonly matchFields?: readonly unknown[];
}

export interface AccessCredential {
  readonly sshPublicKey?: {
    readonly source: { readonly secret?: { readonly secretName: string } };
    readonly propagationMethod: {
      readonly configDrive?: object;
      readonly noCloud?: object;
      readonly qemuGuestAgent?: { readonly users?: readonly string[] };
    };
  };
  readonly userPassword?: {
    readonly source: { readonly secret?: { readonly secretName: string } };
    readonly propagationMethod: { readonly qemuGuestAgent?: object };
  };
}
