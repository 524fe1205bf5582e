import type { ObjectMeta } from '../api/objects.ts';

/*
 * The parts of KubeVirt's API that rules read. Objects reach the rules only after their types were checked against
 * the field tables, so reading them by these shapes is safe.
 */

/** A Kubernetes quantity as it comes: canonical or not, as text or number. */
export type Quantity = string | number;

export interface Vmi {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: VmiSpec;
  readonly status?: VmiStatus;
  readonly [field: string]: unknown;
}

export interface VmiSpec {
  readonly accessCredentials?: readonly AccessCredential[];
  readonly affinity?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
  readonly dnsConfig?: DnsConfig;
  readonly dnsPolicy?: string;
  readonly domain: Domain;
  readonly evictionStrategy?: string;
  readonly hostname?: string;
  readonly livenessProbe?: Probe;
  readonly networks?: readonly NetworkSource[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly readinessProbe?: Probe;
  readonly resourceClaims?: readonly { readonly name: string }[];
  readonly schedulerName?: string;
  readonly serviceAccountName?: string;
  readonly startStrategy?: string;
  readonly subdomain?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly Readonly<Record<string, unknown>>[];
  readonly utilityVolumes?: readonly { readonly name: string }[];
  readonly volumes?: readonly Volume[];
  readonly [field: string]: unknown;
}

export interface VmiStatus {
  readonly phase?: string;
  readonly nodeName?: string;
  readonly evacuationNodeName?: string;
  readonly conditions?: readonly Condition[];
  readonly migrationState?: { readonly completed?: boolean; readonly failed?: boolean; readonly migrationUid?: string };
  readonly [field: string]: unknown;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Domain {
  readonly chassis?: Readonly<Record<string, string>>;
  readonly clock?: { readonly timer?: Readonly<Record<string, unknown>> };
  readonly cpu?: Cpu;
  readonly devices: Devices;
  readonly features?: Features;
  readonly firmware?: Firmware;
  readonly ioThreads?: { readonly supplementalPoolThreadCount?: number };
  readonly ioThreadsPolicy?: string;
  readonly launchSecurity?: LaunchSecurity;
  readonly machine?: { readonly type?: string };
  readonly memory?: Memory;
  readonly rebootPolicy?: string;
  readonly resources?: Resources;
  readonly [field: string]: unknown;
}

export interface LaunchSecurity {
  readonly sev?: {
    readonly attestation?: object;
    readonly policy?: { readonly encryptedState?: boolean };
    readonly session?: string;
    readonly dhCert?: string;
  };
  readonly snp?: object;
  readonly tdx?: object;
}

export interface Cpu {
  readonly cores?: number;
  readonly sockets?: number;
  readonly threads?: number;
  readonly maxSockets?: number;
  readonly model?: string;
  readonly dedicatedCpuPlacement?: boolean;
  readonly isolateEmulatorThread?: boolean;
  readonly features?: readonly { readonly name: string; readonly policy?: string }[];
  readonly numa?: { readonly guestMappingPassthrough?: object };
  readonly realtime?: { readonly mask?: string };
}

export interface Memory {
  readonly guest?: Quantity;
  readonly maxGuest?: Quantity;
  readonly hugepages?: { readonly pageSize?: string };
  readonly overcommit?: { readonly percent?: number };
  readonly reservedOverhead?: { readonly addedOverhead?: Quantity; readonly memLock?: string };
}

export interface Resources {
  readonly requests?: Readonly<Record<string, Quantity>>;
  readonly limits?: Readonly<Record<string, Quantity>>;
  readonly overcommitGuestOverhead?: boolean;
}

export interface Features {
  readonly acpi?: Toggle;
  readonly apic?: Toggle;
  readonly hyperv?: Readonly<Record<string, Toggle & Readonly<Record<string, unknown>>>>;
  readonly hypervPassthrough?: Toggle;
  readonly smm?: Toggle;
  readonly [field: string]: unknown;
}

export interface Toggle {
  readonly enabled?: boolean;
}

export interface Firmware {
  readonly acpi?: { readonly slicNameRef?: string; readonly msdmNameRef?: string };
  readonly bootloader?: {
    readonly bios?: { readonly useSerial?: boolean };
    readonly efi?: { readonly secureBoot?: boolean; readonly persistent?: boolean };
  };
  readonly kernelBoot?: KernelBoot;
  readonly uuid?: string;
  readonly serial?: string;
}

export interface KernelBoot {
  readonly kernelArgs?: string;
  readonly container?: {
    readonly image: string;
    readonly initrdPath?: string;
    readonly kernelPath?: string;
    readonly imagePullPolicy?: string;
  };
}

export interface Devices {
  readonly autoattachInputDevice?: boolean;
  readonly autoattachPodInterface?: boolean;
  readonly autoattachVSOCK?: boolean;
  readonly disks?: readonly Disk[];
  readonly downwardMetrics?: object;
  readonly filesystems?: readonly { readonly name: string; readonly virtiofs?: object }[];
  readonly gpus?: readonly HostDevice[];
  readonly hostDevices?: readonly HostDevice[];
  readonly inputs?: readonly { readonly name: string; readonly type: string; readonly bus?: string }[];
  readonly interfaces?: readonly Interface[];
  readonly networkInterfaceMultiqueue?: boolean;
  readonly panicDevices?: readonly { readonly model?: string }[];
  readonly sound?: { readonly name: string; readonly model?: string };
  readonly tpm?: { readonly enabled?: boolean; readonly persistent?: boolean };
  readonly video?: { readonly type?: string };
  readonly watchdog?: { readonly name: string; readonly i6300esb?: object; readonly diag288?: object };
  readonly [field: string]: unknown;
}

export interface HostDevice {
  readonly name: string;
  readonly deviceName?: string;
  readonly claimName?: string;
  readonly requestName?: string;
  readonly virtualGPUOptions?: {
    readonly display?: Toggle & { readonly ramFB?: Toggle };
  };
}

export interface DiskTarget {
  readonly bus?: string;
  readonly pciAddress?: string;
  readonly readonly?: boolean;
  readonly reservation?: boolean;
  readonly tray?: string;
}

export interface Disk {
  readonly name: string;
  readonly disk?: DiskTarget;
  readonly lun?: DiskTarget;
  readonly cdrom?: DiskTarget;
  readonly blockSize?: {
    readonly custom?: { readonly logical?: number; readonly physical?: number; readonly discardGranularity?: number };
    readonly matchVolume?: Toggle;
  };
  readonly bootOrder?: number;
  readonly cache?: string;
  readonly dedicatedIOThread?: boolean;
  readonly errorPolicy?: string;
  readonly io?: string;
  readonly serial?: string;
  readonly shareable?: boolean;
}

export interface Interface {
  readonly name: string;
  readonly acpiIndex?: number;
  readonly binding?: { readonly name: string };
  readonly bootOrder?: number;
  readonly bridge?: object;
  readonly dhcpOptions?: {
    readonly privateOptions?: readonly { readonly option: number; readonly value: string }[];
    readonly ntpServers?: readonly string[];
  };
  readonly macAddress?: string;
  readonly macvtap?: object;
  readonly masquerade?: object;
  readonly model?: string;
  readonly passt?: object;
  readonly passtBinding?: object;
  readonly pciAddress?: string;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
  readonly slirp?: object;
  readonly sriov?: object;
  readonly state?: string;
}

export interface NetworkSource {
  readonly name: string;
  readonly pod?: { readonly vmNetworkCIDR?: string; readonly vmIPv6NetworkCIDR?: string };
  readonly multus?: { readonly networkName: string; readonly default?: boolean };
  readonly resourceClaim?: object;
}

export interface Volume {
  readonly name: string;
  readonly cloudInitConfigDrive?: CloudInit;
  readonly cloudInitNoCloud?: CloudInit;
  readonly configMap?: { readonly name?: string };
  readonly containerDisk?: { readonly image: string; readonly imagePullPolicy?: string; readonly path?: string };
  readonly containerPath?: { readonly path: string };
  readonly dataVolume?: { readonly name: string; readonly hotpluggable?: boolean };
  readonly downwardAPI?: object;
  readonly downwardMetrics?: object;
  readonly emptyDisk?: { readonly capacity: Quantity };
  readonly ephemeral?: { readonly persistentVolumeClaim?: { readonly claimName: string } };
  readonly hostDisk?: { readonly path: string; readonly type: string; readonly capacity?: Quantity };
  readonly memoryDump?: { readonly claimName: string };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly hotpluggable?: boolean };
  readonly secret?: { readonly secretName?: string };
  readonly serviceAccount?: { readonly serviceAccountName?: string };
  readonly sysprep?: { readonly configMap?: { readonly name?: string }; readonly secret?: { readonly name?: string } };
}

export interface CloudInit {
  readonly userData?: string;
  readonly userDataBase64?: string;
  readonly secretRef?: { readonly name?: string };
  readonly networkData?: string;
  readonly networkDataBase64?: string;
  readonly networkDataSecretRef?: { readonly name?: string };
}

export interface Probe {
  readonly exec?: object;
  readonly guestAgentPing?: object;
  readonly httpGet?: object;
  readonly tcpSocket?: object;
}

export interface DnsConfig {
  readonly nameservers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly { readonly name?: string; readonly value?: string }[];
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

export interface Vm {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: VmSpec;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface VmSpec {
  readonly dataVolumeTemplates?: readonly DataVolumeTemplate[];
  readonly instancetype?: Matcher;
  readonly preference?: Matcher;
  readonly runStrategy?: string;
  readonly running?: boolean;
  readonly template?: VmTemplate;
  readonly updateVolumesStrategy?: string;
  readonly [field: string]: unknown;
}

export interface VmTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec: VmiSpec;
}

export interface DataVolumeTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec?: {
    readonly pvc?: object;
    readonly storage?: object;
    readonly source?: Readonly<Record<string, unknown>>;
    readonly sourceRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string };
  };
}

/** Names an instancetype or a preference. */
export interface Matcher {
  readonly name?: string;
  readonly kind?: string;
  readonly revisionName?: string;
  readonly inferFromVolume?: string;
  readonly inferFromVolumeFailurePolicy?: string;
}
