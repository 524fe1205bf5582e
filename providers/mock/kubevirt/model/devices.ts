import type { FeatureState } from './features.ts';

/** `spec.domain.devices` of a VMI. */
export interface Devices {
  readonly autoattachGraphicsDevice?: boolean;
  readonly autoattachInputDevice?: boolean;
  readonly autoattachMemBalloon?: boolean;
  readonly autoattachPodInterface?: boolean;
  readonly autoattachSerialConsole?: boolean;
  readonly autoattachVSOCK?: boolean;
  readonly blockMultiQueue?: boolean;
  readonly clientPassthrough?: object;
  readonly disableHotplug?: boolean;
  readonly disks?: readonly Disk[];
  readonly downwardMetrics?: object;
  readonly filesystems?: readonly { readonly name: string; readonly virtiofs?: object }[];
  readonly gpus?: readonly HostDevice[];
  readonly hostDevices?: readonly HostDevice[];
  readonly inputs?: readonly { readonly name: string; readonly type: string; readonly bus?: string }[];
  readonly interfaces?: readonly Interface[];
  readonly logSerialConsole?: boolean;
  readonly networkInterfaceMultiqueue?: boolean;
  readonly panicDevices?: readonly { readonly model?: string }[];
  readonly rng?: object;
  readonly sound?: { readonly name: string; readonly model?: string };
  readonly tpm?: { readonly enabled?: boolean; readonly persistent?: boolean };
  readonly useVirtioTransitional?: boolean;
  readonly video?: { readonly type?: string };
  readonly watchdog?: {
    readonly name: string;
    readonly i6300esb?: { readonly action?: string };
    readonly diag288?: object;
  };
}

export interface HostDevice {
  readonly name: string;
  readonly deviceName?: string;
  readonly claimName?: string;
  readonly requestName?: string;
  readonly tag?: string;
  readonly virtualGPUOptions?: {
    readonly display?: FeatureState & { readonly ramFB?: FeatureState };
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
    readonly matchVolume?: FeatureState;
  };
  readonly bootOrder?: number;
  readonly cache?: string;
  readonly dedicatedIOThread?: boolean;
  readonly errorPolicy?: string;
  readonly io?: string;
  readonly serial?: string;
  readonly shareable?: boolean;
  readonly tag?: string;
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
  readonly tag?: string;
}
