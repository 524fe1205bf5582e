import type { Component } from '../../component.ts';
import type { Node } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { Refusal } from '../../rest.ts';

type Labels = Readonly<Record<string, string>>;

/** Replaces the node's labels by what `change` makes of them, only while they are what it saw. */
export async function labelNode(
  component: Component,
  name: string,
  change: (present: Labels) => Labels,
): Promise<void> {
  const path = pathTo(RESOURCES.nodes, undefined, name);
  while (!component.signal.aborted) {
    try {
      const node = await component.rest.get<Node>(path);
      const present = node.metadata.labels ?? {};
      if (node.metadata.annotations?.['node-labeller.kubevirt.io/skip-node'] !== undefined) return;
      const labels = change(present);
      if (JSON.stringify(Object.entries(labels).sort()) === JSON.stringify(Object.entries(present).sort())) return;
      await component.rest.patch(path, 'json', [
        { op: 'test', path: '/metadata/labels', value: present },
        { op: 'replace', path: '/metadata/labels', value: labels },
      ]);
      return;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await component.clock.sleep(20 * component.clock.pace, component.signal);
    }
  }
}

/** About once a minute, by the wall clock that its readers have. */
const BEAT_EVERY_MS = 60_000;

/** Says that guests may be scheduled here, until the signal aborts, and takes it back then. */
export async function keepHeartbeat(component: Component, name: string): Promise<void> {
  const path = pathTo(RESOURCES.nodes, undefined, name);
  const beat = async (schedulable: boolean) => {
    const metadata = {
      labels: { 'kubevirt.io/schedulable': String(schedulable) },
      annotations: { 'kubevirt.io/heartbeat': component.now() },
    };
    await component.rest.patch(path, 'strategic', { metadata }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  };
  while (!component.signal.aborted) {
    await beat(true);
    await component.clock.sleep(BEAT_EVERY_MS * component.clock.pace, component.signal);
  }
  await beat(false);
}
