/** Kinds of text in which causes are looked for. `message`: what a finding says itself, which may quote any of the others. */
export type Place =
  | 'message'
  | 'events'
  /** Status and conditions of objects. */
  | 'objects'
  | 'launcher-log'
  /** virt-operator, virt-api, virt-controller, virt-handler, the scheduler. */
  | 'control-plane-log'
  | 'qemu-log'
  | 'host-dmesg'
  | 'guest-serial'
  /** An answer of the Kubernetes API. */
  | 'api'
  | 'ssh';

/** One known text. Of one line of a program at most one entry's pattern matches. */
export interface KnownText {
  readonly id: string;
  /** Matched against single lines. No `g`, or it would remember where it stood. */
  readonly pattern: RegExp;
  /** Where it may show up, beside a finding's own message. */
  readonly places: readonly Place[];
  readonly cause: string;
  /** One action. */
  readonly action: string;
  readonly source: string;
}

/** Where the words of QEMU end up: its own log, the launcher's, virt-handler's, and the VMI's conditions and events. */
export const OF_QEMU: readonly Place[] = ['qemu-log', 'launcher-log', 'control-plane-log', 'objects', 'events'];
/** Where the words of scheduler and kubelet end up. */
export const OF_POD: readonly Place[] = ['events', 'objects'];
/** Where an answer of the API shows up: at our side, and in the log of a component that got it. */
export const OF_API: readonly Place[] = ['api', 'objects', 'events'];
