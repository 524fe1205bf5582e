import type { Component } from '../../component.ts';
import type { Node } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { Refusal } from '../../rest.ts';

type Labels = Readonly<Record<string, string>>;

/** Replaces the node's labels by what `change` makes of them, only while they are what it saw. */
export async function labelNode(process: Component, name: string, change: (present: Labels) => Labels): Promise<void> {
  const path = pathTo(RESOURCES.nodes, undefined, name);
  while (!process.signal.aborted) {
    try {
      const node = await process.rest.get<Node>(path);
      const present = node.metadata.labels ?? {};
      if (node.metadata.annotations?.['node-labeller.kubevirt.io/skip-node'] !== undefined) return;
      const labels = change(present);
      if (JSON.stringify(Object.entries(labels).sort()) === JSON.stringify(Object.entries(present).sort())) return;
      await process.rest.patch(path, 'json', [
        { op: 'test', path: '/metadata/labels', value: present },
        { op: 'replace', path: '/metadata/labels', value: labels },
      ]);
      return;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await process.clock.sleep(20 * process.clock.pace, process.signal);
    }
  }
}

/** About once a minute, by the wall clock that its readers have. */
const BEAT_EVERY_MS = 60_000;

/** Says that guests may be scheduled here, until the signal aborts, and takes it back then. */
export async function keepHeartbeat(process: Component, name: string): Promise<void> {
  const path = pathTo(RESOURCES.nodes, undefined, name);
  const beat = async (schedulable: boolean) => {
    const metadata = {
      labels: { 'kubevirt.io/schedulable': String(schedulable) },
      annotations: { 'kubevirt.io/heartbeat': process.now() },
    };
    await process.rest.patch(path, 'strategic', { metadata }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  };
  while (!process.signal.aborted) {
    await beat(true);
    await process.clock.sleep(BEAT_EVERY_MS * process.clock.pace, process.signal);
  }
  await beat(false);
}
