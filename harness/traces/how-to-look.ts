import { shellWord } from '../ssh/shell-word.ts';

/** What there is to look at, and how one comes there. */
export interface Kept {
  /** Settings that lead to the node, as they are typed; undefined when there is no way any more. */
  readonly way: readonly string[] | undefined;
  /** True when the node itself ends with the run. */
  readonly isSimulated: boolean;
  readonly guests: readonly { readonly namespace: string; readonly name: string }[];
}

/** Lines that a person can copy: each leads through the same node to what was kept; the last takes it away again. */
export function howToLook({ way, isSimulated, guests }: Kept): readonly string[] {
  if (isSimulated) return ['the simulated node ends with this run: there is nothing to look at any more'];
  const words = (way ?? []).map((word) => `${shellWord(word)} `).join('');
  return [
    `sevlane kubectl ${words}-- get kubevirts,vmis,pods -A`,
    ...guests.flatMap(({ namespace, name }) => [
      `sevlane kubectl ${words}-- describe vmi -n ${namespace} ${name}`,
      `sevlane exec ${words}-- virtctl console -n ${namespace} ${name}`,
    ]),
    `sevlane tunnel ${words}`.trimEnd(),
    // Last, and told apart: copied like the others it takes away what was to be looked at.
    `when done: sevlane clean ${words}`.trimEnd(),
  ];
}
