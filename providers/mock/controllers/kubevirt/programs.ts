import type { Program } from '../kubelet/program.ts';

/** The programs of KubeVirt's images, by the last part of the image's name. */
export function kubevirtPrograms(): Record<string, Program> {
  return {};
}
