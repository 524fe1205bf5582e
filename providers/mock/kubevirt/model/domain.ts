import type { Devices } from './devices.ts';
import type { Features } from './features.ts';

/** A Kubernetes quantity as it comes: canonical or not, as text or number. */
export type Quantity = string | number;

/** `spec.domain` of a VMI. */
export interface Domain {
  readonly chassis?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
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
    readonly imagePullSecret?: string;
  };
}

export interface Clock {
  readonly utc?: { readonly offsetSeconds?: number };
  readonly timezone?: string;
  readonly timer?: Readonly<
    Record<string, { readonly present?: boolean; readonly tickPolicy?: string; readonly track?: string }>
  >;
}
