import type { Quantity } from './domain.ts';

/** One of `spec.networks` of a VMI. */
export interface Network {
  readonly name: string;
  readonly pod?: { readonly vmNetworkCIDR?: string; readonly vmIPv6NetworkCIDR?: string };
  readonly multus?: { readonly networkName: string; readonly default?: boolean };
  readonly resourceClaim?: object;
}

/** One of `spec.volumes` of a VMI. */
export interface Volume {
  readonly name: string;
  readonly cloudInitConfigDrive?: CloudInit;
  readonly cloudInitNoCloud?: CloudInit;
  readonly configMap?: { readonly name?: string; readonly optional?: boolean };
  readonly containerDisk?: {
    readonly image: string;
    readonly imagePullPolicy?: string;
    readonly imagePullSecret?: string;
    readonly path?: string;
  };
  readonly containerPath?: { readonly path: string };
  readonly dataVolume?: { readonly name: string; readonly hotpluggable?: boolean };
  readonly downwardAPI?: { readonly fields?: readonly unknown[] };
  readonly downwardMetrics?: object;
  readonly emptyDisk?: { readonly capacity: Quantity };
  readonly ephemeral?: {
    readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  };
  readonly hostDisk?: {
    readonly path: string;
    readonly type: string;
    readonly capacity?: Quantity;
    readonly shared?: boolean;
  };
  readonly memoryDump?: { readonly claimName: string };
  readonly persistentVolumeClaim?: {
    readonly claimName: string;
    readonly hotpluggable?: boolean;
    readonly readOnly?: boolean;
  };
  readonly secret?: { readonly secretName?: string; readonly optional?: boolean };
  readonly serviceAccount?: { readonly serviceAccountName?: string };
  readonly sysprep?: { readonly configMap?: NameRef; readonly secret?: NameRef };
}

/** A reference by name within the namespace. */
export interface NameRef {
  readonly name?: string;
}

export interface CloudInit {
  readonly userData?: string;
  readonly userDataBase64?: string;
  /** Of the user data; the field has this name in JSON. */
  readonly secretRef?: NameRef;
  readonly networkData?: string;
  readonly networkDataBase64?: string;
  readonly networkDataSecretRef?: NameRef;
}
