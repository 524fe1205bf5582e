import type { KubeObject, ObjectMeta } from '../../api/objects.ts';

/** The parts of a VirtualMachineInstance that decide how it is launched, as virt-api's mutating webhook leaves it. */
export interface Vmi {
  readonly metadata: ObjectMeta;
  readonly spec: VmiSpec;
  readonly status?: VmiStatus;
}

export interface VmiSpec {
  readonly architecture?: string;
  readonly domain: Domain;
  readonly networks?: readonly Network[];
  readonly volumes?: readonly Volume[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: Affinity;
  readonly tolerations?: readonly unknown[];
  readonly topologySpreadConstraints?: readonly unknown[];
  readonly resourceClaims?: readonly unknown[];
  readonly accessCredentials?: readonly AccessCredential[];
  readonly terminationGracePeriodSeconds?: number;
  readonly startStrategy?: string;
  readonly evictionStrategy?: string;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly schedulerName?: string;
  readonly priorityClassName?: string;
  readonly serviceAccountName?: string;
  readonly dnsPolicy?: string;
  readonly dnsConfig?: unknown;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

export interface VmiStatus {
  readonly phase?: string;
  readonly nodeName?: string;
  readonly conditions?: readonly Condition[];
  readonly migrationState?: { readonly startTimestamp?: string; readonly endTimestamp?: string };
  readonly runtimeUser?: number;
  readonly machine?: { readonly type?: string };
  readonly volumeStatus?: readonly { readonly name: string; readonly hotplugVolume?: unknown }[];
  readonly topologyHints?: { readonly tscFrequency?: number };
}

export interface Domain {
  readonly cpu?: Cpu;
  readonly memory?: Memory;
  readonly devices: Devices;
  readonly resources?: Resources;
  readonly firmware?: Firmware;
  readonly features?: Features;
  readonly clock?: Clock;
  readonly machine?: { readonly type?: string };
  readonly chassis?: Readonly<Record<string, string>>;
  readonly launchSecurity?: LaunchSecurity;
  readonly rebootPolicy?: string;
  readonly ioThreadsPolicy?: string;
  readonly ioThreads?: { readonly supplementalPoolThreadCount?: number };
}

export interface LaunchSecurity {
  readonly sev?: {
    readonly policy?: { readonly encryptedState?: boolean };
    readonly attestation?: unknown;
    readonly session?: string;
    readonly dhCert?: string;
  };
  readonly snp?: unknown;
  readonly tdx?: unknown;
}

export interface Cpu {
  readonly sockets?: number;
  readonly cores?: number;
  readonly threads?: number;
  readonly maxSockets?: number;
  readonly model?: string;
  readonly features?: readonly { readonly name: string; readonly policy?: string }[];
  readonly dedicatedCpuPlacement?: boolean;
  readonly isolateEmulatorThread?: boolean;
  readonly realtime?: { readonly mask?: string };
  readonly numa?: { readonly guestMappingPassthrough?: unknown };
}

export interface Memory {
  readonly guest?: string;
  readonly maxGuest?: string;
  readonly hugepages?: { readonly pageSize?: string };
  readonly reservedOverhead?: { readonly addedOverhead?: string; readonly memLock?: string };
}

export interface Resources {
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
  readonly overcommitGuestOverhead?: boolean;
}

export interface Firmware {
  readonly uuid?: string;
  readonly serial?: string;
  readonly bootloader?: {
    readonly efi?: { readonly secureBoot?: boolean; readonly persistent?: boolean };
    readonly bios?: { readonly useSerial?: boolean };
  };
  readonly kernelBoot?: {
    readonly kernelArgs?: string;
    readonly container?: {
      readonly image: string;
      readonly imagePullPolicy?: string;
      readonly imagePullSecret?: string;
      readonly kernelPath?: string;
      readonly initrdPath?: string;
    };
  };
}

export interface FeatureState {
  readonly enabled?: boolean;
}

export interface Features {
  readonly acpi?: FeatureState;
  readonly apic?: FeatureState & { readonly endOfInterrupt?: boolean };
  readonly smm?: FeatureState;
  readonly kvm?: { readonly hidden?: boolean };
  readonly pvspinlock?: FeatureState;
  readonly hyperv?: Readonly<Record<string, HypervFeature | undefined>>;
  readonly hypervPassthrough?: FeatureState;
}

export interface HypervFeature extends FeatureState {
  readonly spinlocks?: number;
  readonly vendorid?: string;
  readonly direct?: FeatureState;
  readonly extended?: FeatureState;
}

export interface Clock {
  readonly utc?: { readonly offsetSeconds?: number };
  readonly timezone?: string;
  readonly timer?: Readonly<
    Record<string, { readonly present?: boolean; readonly tickPolicy?: string; readonly track?: string }>
  >;
}

export interface Devices {
  readonly disks?: readonly Disk[];
  readonly interfaces?: readonly Interface[];
  readonly filesystems?: readonly { readonly name: string; readonly virtiofs?: unknown }[];
  readonly hostDevices?: readonly HostDevice[];
  readonly gpus?: readonly HostDevice[];
  readonly inputs?: readonly { readonly name: string; readonly type: string; readonly bus?: string }[];
  readonly rng?: unknown;
  readonly tpm?: { readonly enabled?: boolean; readonly persistent?: boolean };
  readonly watchdog?: { readonly name: string; readonly i6300esb?: { readonly action?: string } };
  readonly sound?: { readonly name: string; readonly model?: string };
  readonly clientPassthrough?: unknown;
  readonly video?: { readonly type?: string };
  readonly autoattachGraphicsDevice?: boolean;
  readonly autoattachSerialConsole?: boolean;
  readonly autoattachPodInterface?: boolean;
  readonly autoattachMemBalloon?: boolean;
  readonly autoattachInputDevice?: boolean;
  readonly autoattachVSOCK?: boolean;
  readonly logSerialConsole?: boolean;
  readonly useVirtioTransitional?: boolean;
  readonly disableHotplug?: boolean;
  readonly blockMultiQueue?: boolean;
  readonly networkInterfaceMultiqueue?: boolean;
  readonly downwardMetrics?: unknown;
  readonly panicDevices?: readonly { readonly model?: string }[];
}

export interface HostDevice {
  readonly name: string;
  readonly deviceName?: string;
  readonly claimName?: string;
  readonly requestName?: string;
  readonly tag?: string;
}

export interface DiskTarget {
  readonly bus?: string;
  readonly readonly?: boolean;
  readonly pciAddress?: string;
  readonly reservation?: boolean;
  readonly tray?: string;
}

export interface Disk {
  readonly name: string;
  readonly disk?: DiskTarget;
  readonly cdrom?: DiskTarget;
  readonly lun?: DiskTarget;
  readonly bootOrder?: number;
  readonly cache?: string;
  readonly io?: string;
  readonly serial?: string;
  readonly tag?: string;
  readonly shareable?: boolean;
  readonly errorPolicy?: string;
  readonly dedicatedIOThread?: boolean;
  readonly blockSize?: {
    readonly custom?: { readonly logical: number; readonly physical: number; readonly discardGranularity?: number };
    readonly matchVolume?: FeatureState;
  };
}

export interface Interface {
  readonly name: string;
  readonly model?: string;
  readonly macAddress?: string;
  readonly bootOrder?: number;
  readonly pciAddress?: string;
  readonly tag?: string;
  readonly acpiIndex?: number;
  readonly state?: string;
  readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port: number }[];
  readonly bridge?: unknown;
  readonly masquerade?: unknown;
  readonly sriov?: unknown;
  readonly passt?: unknown;
  readonly passtBinding?: unknown;
  readonly macvtap?: unknown;
  readonly slirp?: unknown;
  readonly binding?: { readonly name: string };
}

export interface Network {
  readonly name: string;
  readonly pod?: unknown;
  readonly multus?: { readonly networkName: string; readonly default?: boolean };
}

export interface SecretRef {
  readonly name: string;
}

export interface CloudInit {
  readonly userDataSecretRef?: SecretRef;
  readonly secretRef?: SecretRef;
  readonly networkDataSecretRef?: SecretRef;
}

export interface Volume {
  readonly name: string;
  readonly containerDisk?: {
    readonly image: string;
    readonly imagePullPolicy?: string;
    readonly imagePullSecret?: string;
    readonly path?: string;
  };
  readonly persistentVolumeClaim?: {
    readonly claimName: string;
    readonly readOnly?: boolean;
    readonly hotpluggable?: boolean;
  };
  readonly dataVolume?: { readonly name: string; readonly hotpluggable?: boolean };
  readonly ephemeral?: { readonly persistentVolumeClaim: { readonly claimName: string; readonly readOnly?: boolean } };
  readonly emptyDisk?: { readonly capacity: string };
  readonly hostDisk?: { readonly path: string; readonly type: string; readonly shared?: boolean };
  readonly configMap?: { readonly name?: string; readonly optional?: boolean };
  readonly secret?: { readonly secretName?: string; readonly optional?: boolean };
  readonly downwardAPI?: { readonly fields?: readonly unknown[] };
  readonly serviceAccount?: { readonly serviceAccountName?: string };
  readonly cloudInitNoCloud?: CloudInit;
  readonly cloudInitConfigDrive?: CloudInit;
  readonly sysprep?: { readonly secret?: SecretRef; readonly configMap?: SecretRef };
  readonly downwardMetrics?: unknown;
}

export interface AccessCredential {
  readonly sshPublicKey?: { readonly source?: { readonly secret?: { readonly secretName?: string } } };
  readonly userPassword?: { readonly source?: { readonly secret?: { readonly secretName?: string } } };
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

export interface Probe {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
  readonly exec?: { readonly command?: readonly string[] };
  readonly httpGet?: unknown;
  readonly tcpSocket?: unknown;
  readonly guestAgentPing?: unknown;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Takes a stored VirtualMachineInstance, which its CRD's schema has checked. @throws Error for another kind. */
export function asVmi(object: KubeObject): Vmi {
  if (object.kind !== 'VirtualMachineInstance' || typeof object.spec !== 'object') {
    throw new Error(
      `cannot launch a ${object.kind} "${object.metadata.name ?? ''}": only a VirtualMachineInstance with a spec`,
    );
  }
  return object as unknown as Vmi;
}
