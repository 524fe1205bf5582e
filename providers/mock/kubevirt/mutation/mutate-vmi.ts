import { isDeepStrictEqual } from 'node:util';
import type { Json, KubevirtConfig } from '../config.ts';
import { goForm } from '../crds/go-form.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import { traitsOf } from '../versions.ts';
import { type Draft, draftOf } from './draft.ts';
import { hasPcieHotplug, setVmiDefaults } from './vmi-defaults.ts';

/** What the simulator must be given so that a mutation stays a pure function. */
export interface MutationInputs {
  readonly config: KubevirtConfig;
  /** Annotations of the KubeVirt CR. */
  readonly crAnnotations: Readonly<Record<string, string>>;
  readonly now: Date;
  readonly uuid: () => string;
}

/** A new VMI as the mutating webhook leaves it, or why it cannot. @throws QuantityError for a bad quantity. Source: vmi-mutator.go. */
export function mutateNewVmi(vmi: Vmi, inputs: MutationInputs): { readonly vmi: Vmi } | { readonly refusal: string } {
  const { config, now } = inputs;
  const draft = draftOf(goForm(vmi, 'VirtualMachineInstance', config.version));
  draft.metadata = draftOf(vmi.metadata);
  const refusal = setVmiDefaults(draft, config, inputs.uuid);
  if (refusal !== undefined) return { refusal };
  annotate(draft, inputs);
  draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), traitsOf(config.version).vmiFinalizer];
  const transition = { phase: 'Pending', phaseTransitionTimestamp: now.toISOString().replace(/\.\d+Z$/, 'Z') };
  draft.status = {
    ...draft.status,
    phase: 'Pending',
    phaseTransitionTimestamps: [...(draft.status?.phaseTransitionTimestamps ?? []), transition],
    ...(!config.gateEnabled('Root') && { runtimeUser: 107 }),
  };
  return { vmi: goForm(draft as Vmi, 'VirtualMachineInstance', config.version) };
}

function annotate(vmi: Draft<Vmi>, { config, crAnnotations }: MutationInputs): void {
  const annotations: Record<string, string> = {};
  if (hasPcieHotplug(vmi.spec as Vmi['spec'], config)) annotations[PCI_TOPOLOGY] = traitsOf(config.version).pciTopology;
  const evenParity = crAnnotations[EVEN_PARITY] !== undefined && config.gateEnabled('AlignCPUs');
  if (vmi.spec.domain.cpu?.isolateEmulatorThread === true && evenParity) annotations[EVEN_PARITY] = '';
  const socket = qgsSocket(config);
  if (vmi.spec.domain.launchSecurity?.tdx !== undefined && socket !== '') annotations[QGS_SOCKET] = socket;
  if (Object.keys(annotations).length > 0) vmi.metadata.annotations = { ...annotations, ...vmi.metadata.annotations };
}

/** Annotation with the version of the PCIe layout that a guest was born with. */
export const PCI_TOPOLOGY = 'kubevirt.io/pci-topology-version';
const EVEN_PARITY = 'alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity';
const QGS_SOCKET = 'kubevirt.io/qgs-socket-path';

function qgsSocket(config: KubevirtConfig): string {
  const computing = (config.configuration.confidentialCompute ?? {}) as Json;
  const tdx = (computing.tdx ?? {}) as Json;
  const attestation = (tdx.attestation ?? {}) as Json;
  if (typeof attestation.qgsSocketPath === 'string') return attestation.qgsSocketPath;
  return atLeast(config.version, 'v1.9') ? '/var/run/tdx-qgs/qgs.socket' : '';
}

/** What puts a VMI's old status back, because only KubeVirt's own components write it. */
export function keepStatus(vmi: Vmi, old: Vmi): readonly (readonly [path: string, value: unknown])[] {
  return isDeepStrictEqual(vmi.status, old.status) ? [] : [['/status', old.status ?? {}]];
}
