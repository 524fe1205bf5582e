import type { ObjectMeta } from '../../api/objects.ts';
import type { VmiSpec } from './vmi.ts';

export interface Vm {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: VmSpec;
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface VmSpec {
  readonly dataVolumeTemplates?: readonly DataVolumeTemplate[];
  readonly instancetype?: Matcher;
  readonly preference?: Matcher;
  readonly runStrategy?: string;
  readonly running?: boolean;
  readonly template?: VmTemplate;
  readonly updateVolumesStrategy?: string;
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
