/** A feature that may be there without saying whether it is on. */
export interface FeatureState {
  readonly enabled?: boolean;
}

export interface Features {
  readonly acpi?: FeatureState;
  readonly apic?: FeatureState & { readonly endOfInterrupt?: boolean };
  readonly hyperv?: Readonly<Record<string, HypervFeature | undefined>>;
  readonly hypervPassthrough?: FeatureState;
  readonly kvm?: { readonly hidden?: boolean };
  readonly pvspinlock?: FeatureState;
  readonly smm?: FeatureState;
}

export interface HypervFeature extends FeatureState {
  readonly spinlocks?: number;
  readonly vendorid?: string;
  readonly direct?: FeatureState;
  readonly extended?: FeatureState;
}
