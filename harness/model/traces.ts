/** One thing that is otherwise after a run than it was before. */
export interface Difference {
  readonly how: 'added' | 'removed' | 'changed';
  /** e.g. `configmaps "default/settings"`, `nodes "sev-milan-1"`, `host process qemu-kvm`. */
  readonly what: string;
  /** Of a change: which fields, and how, as far as that holds no secret, e.g. `label a: "1" before, "2" now`. */
  readonly fields: readonly string[];
  /**
   * Ours: of this run, or of the KubeVirt that it installed. KubeVirt's: what it leaves by design, on the host, where
   * nobody takes it away. Others': whoever else works on the cluster.
   */
  readonly whose: 'ours' | "KubeVirt's" | "others'";
}

/** What a run leaves behind, and how it left. */
export interface Traces {
  /** True when the cluster was looked at before and after, and both were compared. */
  readonly isCompared: boolean;
  /** What was not compared and why, one sentence each: a host that was not read, a kind that was refused, no time. */
  readonly notCompared: readonly string[];
  readonly differences: readonly Difference[];
  /** Finalizers that had to be taken off by force, one sentence each. */
  readonly forced: readonly string[];
  /** What was left in the cluster knowingly and is marked for the next sweep, e.g. `kubevirts "kubevirt/kubevirt"`. */
  readonly left: readonly string[];
  /** Lines that lead a person to it; empty when it was not left for people. */
  readonly howToLook: readonly string[];
  /** Why that was left; absent when nothing was. */
  readonly leftBecause?: string;
}

/** Nothing is known yet. */
export const NO_TRACES: Traces = {
  isCompared: false,
  notCompared: [],
  differences: [],
  forced: [],
  left: [],
  howToLook: [],
};

/** What is known with a further word: lists grow, but for what was compared, of which the last word counts. */
export function withTraces(before: Traces, more: Partial<Traces>): Traces {
  return {
    ...before,
    ...more,
    forced: [...before.forced, ...(more.forced ?? [])],
    left: [...new Set([...before.left, ...(more.left ?? [])])],
  };
}
